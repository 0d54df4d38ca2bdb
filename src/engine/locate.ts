import { bare, type StructType } from '../layout/types.js';
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
  const { debugInfo, memory } = machine;
  const instances = machine.global('lab_instances');
  const at = instances.get('start') + instance * instances.get('stride');
  const arena = new StructView(debugInfo.struct('stub_arena'), memory, at);
  const slots = new StructView(debugInfo.struct('lab_instance'), memory, arena.get('root'));
  const within = (start: number, struct: StructType) =>
    start !== 0 && address >= start && address < start + struct.size;

  for (const [slot, [name, spec]] of Object.entries(devices).entries()) {
    for (const [pointer, tag, path] of reached(spec)) {
      const start = slots.get(`device[${slot}].${pointer}`);
      const struct = debugInfo.struct(tag);
      if (within(start, struct)) return { name: name + path, struct, address: start };
      if (pointer !== 'vdev' || start === 0) continue;
      // What the devices of a set share.
      const core = new StructView(debugInfo.struct('vfio_pci_core_device'), memory, start);
      const set = core.get('vdev.dev_set');
      const shared = debugInfo.struct('vfio_device_set');
      if (within(set, shared)) return { name: `${name}.vdev.dev_set`, struct: shared, address: set };
    }
  }
  return null;
}

/**
 * Names what an address is of: the field it begins (`A.memory_lock`, `A.pdev.dev.mutex`) or lies in, the struct
 * that it begins (`A.pdev`), or in hexadecimal the address.
 */
export function locate(machine: Machine, devices: Devices, instance: number, address: number): string {
  const object = objectAt(machine, devices, instance, address);
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
  const type = bare(member.type);
  const path = member.name === null || member.name === '' ? '' : `.${member.name}`;
  return path + (type.kind === 'struct' ? memberAt(type, offset - member.offset) : '');
}
