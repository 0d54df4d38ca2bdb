// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type * as general from '../../../src/scenario/step.js';

/** A step that acts on a device. In the general language the device is its first argument: a slot's number. */
export interface DeviceStep<Device extends string = string> {
  readonly op: string;
  readonly device: Device;
  readonly args: readonly general.Arg[];
}

/** A step of the kernel as a whole, or of its administrator's. */
export interface PlainStep extends general.Step {
  readonly device?: never;
}

/** A step of a scenario with devices. */
export type Step<Device extends string = string> = PlainStep | DeviceStep<Device>;

/** What a step can do is an op of the C beside this file, one function an op. */
export const step = <const D extends string>(
  op: string,
  device: D,
  ...args: general.Arg[]
): DeviceStep<D> => ({ op, device, args });
