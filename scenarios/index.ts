import type { Scenario } from 'lostbit';
import dirtyPageReportVsQpError from './dirty-page-report-vs-qp-error.js';
import everyFlagItsOwnBool from './every-flag-its-own-bool.js';
import intxMaskVsBarRead from './intx-mask-vs-bar-read.js';
import intxMaskVsBarWrite from './intx-mask-vs-bar-write.js';
import logStartBeforePfDetachesVf from './log-start-before-pf-detaches-vf.js';
import logStartVsReset from './log-start-vs-reset.js';
import logStopStartVsPfTakesVf from './log-stop-start-vs-pf-takes-vf.js';
import logStopVsReset from './log-stop-vs-reset.js';
import lowPowerEntryVsConfigWrite from './low-power-entry-vs-config-write.js';
import pfReturnsVfVsReset from './pf-returns-vf-vs-reset.js';
import pfTakesVfVsReset from './pf-takes-vf-vs-reset.js';
import policyChangesAnywhere from './policy-changes-anywhere.js';
import reloadBeforeOpen from './reload-before-open.js';

/** The scenarios that come with lostbit, by name. */
export const catalogue: Readonly<Record<string, Scenario>> = {
  'reload-before-open': reloadBeforeOpen,
  'policy-changes-anywhere': policyChangesAnywhere,
  'intx-mask-vs-bar-write': intxMaskVsBarWrite,
  'intx-mask-vs-bar-read': intxMaskVsBarRead,
  'low-power-entry-vs-config-write': lowPowerEntryVsConfigWrite,
  'log-start-vs-reset': logStartVsReset,
  'log-stop-vs-reset': logStopVsReset,
  'pf-takes-vf-vs-reset': pfTakesVfVsReset,
  'pf-returns-vf-vs-reset': pfReturnsVfVsReset,
  'log-stop-start-vs-pf-takes-vf': logStopStartVsPfTakesVf,
  'log-start-before-pf-detaches-vf': logStartBeforePfDetachesVf,
  'dirty-page-report-vs-qp-error': dirtyPageReportVsQpError,
  'every-flag-its-own-bool': everyFlagItsOwnBool,
};
