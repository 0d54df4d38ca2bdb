// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Naming, named } from './names.js';
import { step } from './step.js';

// What the VF of an mlx5 adapter can do besides.

/** Migration states: those of `enum vfio_device_mig_state` of <linux/vfio.h>. */
export const migrationStates = ['error', 'stop', 'running', 'stop_copy', 'resuming', 'running_p2p'] as const;

export type MigrationState = (typeof migrationStates)[number];

const ofStates: Naming<MigrationState> = {
  what: 'migration state',
  enum: 'vfio_device_mig_state',
  prefix: 'VFIO_DEVICE_STATE_',
  names: migrationStates,
};

/** The user moves the device to a migration state (VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE). */
export const migStateSet = <const D extends string>(device: D, state: MigrationState) =>
  step('mig_state_set', device, named(ofStates, state));

/** Returns the device's migration state, as `enum vfio_device_mig_state` of <linux/vfio.h> numbers them. */
export const migStateGet = <const D extends string>(device: D) => step('mig_state_get', device);

/** The user has the device log which pages it writes (VFIO_DEVICE_FEATURE_DMA_LOGGING_START). */
export const logStart = <const D extends string>(device: D) => step('log_start', device);

/** Ends that (VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP). */
export const logStop = <const D extends string>(device: D) => step('log_stop', device);

/** The user asks which pages were written (VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT) and waits for the device's report. */
export const logReadAndClear = <const D extends string>(device: D) => step('log_read_and_clear', device);

/** The driver of the PF goes down, in a reset of the adapter, and takes the device, its VF, away. */
export const disableVf = <const D extends string>(device: D) => step('disable_vf', device);

/** The driver of the PF comes up again, and with it the device, its VF. */
export const enableVf = <const D extends string>(device: D) => step('enable_vf', device);

/** What an mlx5 adapter interrupts for. */
export const adapterEvents = ['qp_error', 'cq_error', 'object_change', 'cq_completion'] as const;

type AdapterEvent = (typeof adapterEvents)[number];

const ofEvents: Naming<AdapterEvent> = {
  what: 'event',
  enum: 'stub_mlx5_event',
  prefix: 'STUB_MLX5_',
  names: adapterEvents,
};

const eqEvent = <const D extends string>(device: D, event: AdapterEvent) =>
  step('eq_event', device, named(ofEvents, event));

/** An interrupt: the queue pair that the device's page tracker reports through has broken. */
export const qpError = <const D extends string>(device: D) => eqEvent(device, 'qp_error');

/** An interrupt: the completion queue of the device's page tracker has broken. */
export const cqError = <const D extends string>(device: D) => eqEvent(device, 'cq_error');

/** An interrupt: the device's page tracker has changed, and should be asked. */
export const objectChange = <const D extends string>(device: D) => eqEvent(device, 'object_change');

/** An interrupt: the device's page tracker has reported all there was to report. */
export const cqCompletion = <const D extends string>(device: D) => eqEvent(device, 'cq_completion');
