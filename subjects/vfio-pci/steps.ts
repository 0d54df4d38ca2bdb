// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** What a step can do, one function an op. */
export * from './steps/faults.js';
export * from './steps/interrupts.js';
export * from './steps/migration.js';
export * from './steps/modules.js';
export type { DeviceStep, Step } from './steps/step.js';
export * from './steps/system.js';
export * from './steps/user.js';
