// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bare, type StructType, type Type } from '../layout/types.js';
import type { Machine } from '../machine/machine.js';
import { StructView } from '../machine/struct-view.js';
import type { DeviceSpec, PciDeviceSpec } from '../scenario/scenario.js';
import type { Devices } from './encode.js';

/** The struct of the driver that such a device is for: the core's own, or one that has the core's as its first member. */
export function driverStruct(spec: PciDeviceSpec): string {
  return spec.mlx5 === true ? 'mlx5vf_pci_core_device' : 'vfio_pci_core_device';
}

/** The structs that a slot of the machine reaches, and the member of a scenario's path that leads there. */
function reached(spec: DeviceSpec): readonly (readonly [pointer: string, tag: string, prefix: string])[] {
  if ('flags' in spec) return [['flags', 'lab_flags', '']];
  return [
    ['vdev', driverStruct(spec), ''],
    ['pdev', 'pci_dev', '.pdev'],
    ['vga', 'vga_device', '.vga'],
  ];
}

/** An object of the machine that has a name. */
export interface NamedObject {
  /** As a scenario's path begins: `A`, `A.pdev`. */
  readonly name: string;
  readonly struct: StructType;
  readonly address: number;
}

/** The object that an address lies in, of those that a scenario can name; `null` where it lies in none. */
export function objectAt(
  machine: Machine,
  devices: Devices,
  instance: number,
  address: number,
): NamedObject | null {
  for (const object of namedObjects(machine, devices, instance)) if (covers(object, address)) return object;
  return null;
}

export const covers = ({ address: start, struct }: NamedObject, address: number) =>
  address >= start && address < start + struct.size;

/** The objects of an instance that a scenario can name, as its slots reach them now; some may be reached twice. */
export function* namedObjects(machine: Machine, devices: Devices, instance: number): Generator<NamedObject> {
  const { debugInfo, memory } = machine;
  const instances = machine.global('lab_instances');
  const at = instances.get('start') + instance * instances.get('stride');
  const arena = new StructView(debugInfo.struct('stub_arena'), memory, at);
  const slots = new StructView(debugInfo.struct('lab_instance'), memory, arena.get('root'));
  for (const [slot, [name, spec]] of Object.entries(devices).entries()) {
    for (const [pointer, tag, path] of reached(spec)) {
      const address = slots.get(`device[${slot}].${pointer}`);
      if (address === 0) continue;
      yield { name: name + path, struct: debugInfo.struct(tag), address };
      if (pointer !== 'vdev') continue;
      // What the devices of a set share.
      const core = new StructView(debugInfo.struct('vfio_pci_core_device'), memory, address);
      const set = core.get('vdev.dev_set');
      if (set !== 0)
        yield { name: `${name}.vdev.dev_set`, struct: debugInfo.struct('vfio_device_set'), address: set };
      if (!('mlx5' in spec && spec.mlx5)) continue;
      const physical = new StructView(debugInfo.struct(driverStruct(spec)), memory, address).get('mdev');
      if (physical !== 0)
        yield { name: `${name}.mdev`, struct: debugInfo.struct('mlx5_core_dev'), address: physical };
    }
  }
}

/**
 * Names what an address is of: the field it begins (`A.memory_lock`, `A.pdev.dev.mutex`) or lies in, the struct
 * that it begins (`A.pdev`), or in hexadecimal the address.
 */
export function locate(machine: Machine, devices: Devices, instance: number, address: number): string {
  return nameIn(objectAt(machine, devices, instance, address), address);
}

/** The same of an object that the address is known to lie in, if in any. */
export function nameIn(object: NamedObject | null, address: number): string {
  if (object === null) return `0x${address.toString(16)}`;
  return object.name + memberAt(object.struct, address - object.address);
}

/** The instance whose arena an address lies in; the first one for what lies elsewhere. */
export function instanceAt(machine: Machine, address: number): number {
  const instances = machine.global('lab_instances');
  const index = Math.floor((address - instances.get('start')) / instances.get('stride'));
  return index >= 0 && index < instances.get('count') ? index : 0;
}

/** `.member.member` to the innermost struct or scalar that begins at or covers the offset. */
function memberAt(struct: StructType, offset: number): string {
  if (offset === 0) return '';
  const member = struct.members.findLast((candidate) => candidate.offset <= offset);
  if (member === undefined) return '';
  const path = member.name === null || member.name === '' ? '' : `.${member.name}`;
  return path + within(member.type, offset - member.offset);
}

function within(type: Type, offset: number): string {
  const inner = bare(type);
  if (inner.kind === 'struct') return memberAt(inner, offset);
  if (inner.kind !== 'array' || offset === 0 || inner.element.size === 0) return '';
  const index = Math.floor(offset / inner.element.size);
  return `[${index}]${within(inner.element, offset - index * inner.element.size)}`;
}
