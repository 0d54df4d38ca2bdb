import type { Scenario } from 'lostbit';
import everyFlagItsOwnBool from './every-flag-its-own-bool.js';
import intxMaskVsBarRead from './intx-mask-vs-bar-read.js';
import intxMaskVsBarWrite from './intx-mask-vs-bar-write.js';
import lowPowerEntryVsConfigWrite from './low-power-entry-vs-config-write.js';
import policyChangesAnywhere from './policy-changes-anywhere.js';
import reloadBeforeOpen from './reload-before-open.js';

/** The scenarios that come with lostbit, by name. */
export const catalogue: Readonly<Record<string, Scenario>> = {
  'reload-before-open': reloadBeforeOpen,
  'policy-changes-anywhere': policyChangesAnywhere,
  'intx-mask-vs-bar-write': intxMaskVsBarWrite,
  'intx-mask-vs-bar-read': intxMaskVsBarRead,
  'low-power-entry-vs-config-write': lowPowerEntryVsConfigWrite,
  'every-flag-its-own-bool': everyFlagItsOwnBool,
};
