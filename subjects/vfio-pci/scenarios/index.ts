// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Scenario } from 'lostbit/vfio';
import anyFailureWhileBinding from './any-failure-while-binding.js';
import anyFailureWhileBindingVga from './any-failure-while-binding-vga.js';
import anyFailureWhileChangingVfs from './any-failure-while-changing-vfs.js';
import anyFailureWhileClosingInLowPower from './any-failure-while-closing-in-low-power.js';
import anyFailureWhileIdle from './any-failure-while-idle.js';
import anyFailureWhileInLowPower from './any-failure-while-in-low-power.js';
import anyFailureWhileMigrating from './any-failure-while-migrating.js';
import anyFailureWhileOpening from './any-failure-while-opening.js';
import anyFailureWhileResetting from './any-failure-while-resetting.js';
import anyFailureWhileResettingFromD3hot from './any-failure-while-resetting-from-d3hot.js';
import anyFailureWhileUsingInterrupts from './any-failure-while-using-interrupts.js';
import anyFailureWhileUsingRegions from './any-failure-while-using-regions.js';
import brokenIntxIsNotUsed from './broken-intx-is-not-used.js';
import closeVsSiblingOpen from './close-vs-sibling-open.js';
import closeVsSuspend from './close-vs-suspend.js';
import configWriteVsSuspend from './config-write-vs-suspend.js';
import dirtyPageReportVsQpError from './dirty-page-report-vs-qp-error.js';
import everyFlagItsOwnBool from './every-flag-its-own-bool.js';
import extendedConfigSpaceIsHidden from './extended-config-space-is-hidden.js';
import hotResetCannotWakeADevice from './hot-reset-cannot-wake-a-device.js';
import hotResetMeetsPageFault from './hot-reset-meets-page-fault.js';
import intxMaskVsBarRead from './intx-mask-vs-bar-read.js';
import intxMaskVsBarWrite from './intx-mask-vs-bar-write.js';
import kernelWithoutVgaRanges from './kernel-without-vga-ranges.js';
import logStartBeforePfDetachesVf from './log-start-before-pf-detaches-vf.js';
import logStartVsReset from './log-start-vs-reset.js';
import logStopStartVsPfTakesVf from './log-stop-start-vs-pf-takes-vf.js';
import logStopVsReset from './log-stop-vs-reset.js';
import lowPowerCallsVsSuspend from './low-power-calls-vs-suspend.js';
import lowPowerEntryVsConfigWrite from './low-power-entry-vs-config-write.js';
import mixedPoliciesOnABus from './mixed-policies-on-a-bus.js';
import openFailsHalfway from './open-fails-halfway.js';
import pfReturnsVfVsReset from './pf-returns-vf-vs-reset.js';
import pfTakesVfVsReset from './pf-takes-vf-vs-reset.js';
import policyChangesAnywhere from './policy-changes-anywhere.js';
import reloadBeforeBusReset from './reload-before-bus-reset.js';
import reloadBeforeClose from './reload-before-close.js';
import reloadBeforeCloseOfAwake from './reload-before-close-of-awake.js';
import reloadBeforeLowPowerEntry from './reload-before-low-power-entry.js';
import reloadBeforeOpen from './reload-before-open.js';
import reloadBeforeRebind from './reload-before-rebind.js';
import reloadBeforeUnbindOfAwake from './reload-before-unbind-of-awake.js';
import reloadBetweenOpens from './reload-between-opens.js';
import reloadVsBusReset from './reload-vs-bus-reset.js';
import reloadVsFailingOpen from './reload-vs-failing-open.js';
import runtimeFlagsShareNoByte from './runtime-flags-share-no-byte.js';
import sysfsWriteAfterBind from './sysfs-write-after-bind.js';
import sysfsWriteBeforeBind from './sysfs-write-before-bind.js';
import variantUnderVfioPciParameters from './variant-under-vfio-pci-parameters.js';
import vfsVsPowerStateWrite from './vfs-vs-power-state-write.js';
import vgaArbiterHasNoEntry from './vga-arbiter-has-no-entry.js';
import vgaChangeAfterFailedRegistration from './vga-change-after-failed-registration.js';
import vgaChangeAfterModuleUnload from './vga-change-after-module-unload.js';
import vgaChangeLooksForDriverData from './vga-change-looks-for-driver-data.js';
import vgaChangeVsLeavingDriver from './vga-change-vs-leaving-driver.js';
import vgaRegistrationFails from './vga-registration-fails.js';

/** The scenarios of vfio-pci, by name, in the order of the facts they show; sweeps and the control come last. */
export const catalogue: Readonly<Record<string, Scenario>> = {
  'reload-before-open': reloadBeforeOpen,
  'reload-before-close': reloadBeforeClose,
  'reload-before-unbind-of-awake': reloadBeforeUnbindOfAwake,
  'reload-before-close-of-awake': reloadBeforeCloseOfAwake,
  'reload-before-rebind': reloadBeforeRebind,
  'policy-changes-anywhere': policyChangesAnywhere,
  'reload-before-low-power-entry': reloadBeforeLowPowerEntry,
  'reload-before-bus-reset': reloadBeforeBusReset,
  'mixed-policies-on-a-bus': mixedPoliciesOnABus,
  'extended-config-space-is-hidden': extendedConfigSpaceIsHidden,
  'hot-reset-cannot-wake-a-device': hotResetCannotWakeADevice,
  'hot-reset-meets-page-fault': hotResetMeetsPageFault,
  'open-fails-halfway': openFailsHalfway,
  'reload-vs-failing-open': reloadVsFailingOpen,
  'reload-vs-bus-reset': reloadVsBusReset,
  'vga-registration-fails': vgaRegistrationFails,
  'any-failure-while-binding-vga': anyFailureWhileBindingVga,
  'vga-change-after-failed-registration': vgaChangeAfterFailedRegistration,
  'vga-change-after-module-unload': vgaChangeAfterModuleUnload,
  'vga-change-looks-for-driver-data': vgaChangeLooksForDriverData,
  'vga-arbiter-has-no-entry': vgaArbiterHasNoEntry,
  'vga-change-vs-leaving-driver': vgaChangeVsLeavingDriver,
  'intx-mask-vs-bar-write': intxMaskVsBarWrite,
  'intx-mask-vs-bar-read': intxMaskVsBarRead,
  'low-power-calls-vs-suspend': lowPowerCallsVsSuspend,
  'low-power-entry-vs-config-write': lowPowerEntryVsConfigWrite,
  'broken-intx-is-not-used': brokenIntxIsNotUsed,
  'close-vs-sibling-open': closeVsSiblingOpen,
  'vfs-vs-power-state-write': vfsVsPowerStateWrite,
  'log-start-vs-reset': logStartVsReset,
  'log-stop-vs-reset': logStopVsReset,
  'pf-takes-vf-vs-reset': pfTakesVfVsReset,
  'pf-returns-vf-vs-reset': pfReturnsVfVsReset,
  'log-stop-start-vs-pf-takes-vf': logStopStartVsPfTakesVf,
  'log-start-before-pf-detaches-vf': logStartBeforePfDetachesVf,
  'close-vs-suspend': closeVsSuspend,
  'config-write-vs-suspend': configWriteVsSuspend,
  'dirty-page-report-vs-qp-error': dirtyPageReportVsQpError,
  'runtime-flags-share-no-byte': runtimeFlagsShareNoByte,
  'sysfs-write-before-bind': sysfsWriteBeforeBind,
  'sysfs-write-after-bind': sysfsWriteAfterBind,
  'variant-under-vfio-pci-parameters': variantUnderVfioPciParameters,
  'reload-between-opens': reloadBetweenOpens,
  'kernel-without-vga-ranges': kernelWithoutVgaRanges,
  'any-failure-while-binding': anyFailureWhileBinding,
  'any-failure-while-opening': anyFailureWhileOpening,
  'any-failure-while-using-interrupts': anyFailureWhileUsingInterrupts,
  'any-failure-while-using-regions': anyFailureWhileUsingRegions,
  'any-failure-while-in-low-power': anyFailureWhileInLowPower,
  'any-failure-while-closing-in-low-power': anyFailureWhileClosingInLowPower,
  'any-failure-while-idle': anyFailureWhileIdle,
  'any-failure-while-resetting': anyFailureWhileResetting,
  'any-failure-while-resetting-from-d3hot': anyFailureWhileResettingFromD3hot,
  'any-failure-while-changing-vfs': anyFailureWhileChangingVfs,
  'any-failure-while-migrating': anyFailureWhileMigrating,
  'every-flag-its-own-bool': everyFlagItsOwnBool,
};
