// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { StructType } from '../layout/types.js';
import type { Machine } from '../machine/machine.js';
import { StructView } from '../machine/struct-view.js';
import type { DeviceSpec, PciDeviceSpec } from '../scenario/scenario.js';
import type { Devices } from './encode.js';
import { arenaStart, notedOrigin, type Words, wordsOf } from './heap.js';
import { hex, MemoryNames, memberAt } from './memory-names.js';

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

export const covers = ({ address: start, struct }: NamedObject, address: number) =>
  address >= start && address < start + struct.size;

/** Where the paths of a scenario begin, as the slots of an instance reach them; some may be reached twice. */
export function* rootObjects(
  { debugInfo, memory }: Machine,
  devices: Devices,
  root: number,
  words: Words,
): Generator<NamedObject> {
  const slots = new StructView(debugInfo.struct('lab_instance'), memory, root);
  for (const [slot, [name, spec]] of Object.entries(devices).entries())
    for (const [pointer, tag, path] of reached(spec))
      for (const address of words(slots.addressOf(`device[${slot}].${pointer}`)))
        if (address !== 0) yield { name: name + path, struct: debugInfo.struct(tag), address };
}

/** The same and what they share with others, now. */
export function* namedObjects(machine: Machine, devices: Devices, instance: number): Generator<NamedObject> {
  const { debugInfo, memory } = machine;
  const words = wordsOf(memory);
  const arena = new StructView(debugInfo.struct('stub_arena'), memory, arenaStart(machine, instance));
  for (const object of rootObjects(machine, devices, arena.get('root'), words)) {
    yield object;
    const { name, address, struct } = object;
    if (struct.name !== 'vfio_pci_core_device' && struct.name !== 'mlx5vf_pci_core_device') continue;
    // What the devices of a set share.
    const core = new StructView(debugInfo.struct('vfio_pci_core_device'), memory, address);
    const set = core.get('vdev.dev_set');
    if (set !== 0)
      yield { name: `${name}.vdev.dev_set`, struct: debugInfo.struct('vfio_device_set'), address: set };
    if (struct.name !== 'mlx5vf_pci_core_device') continue;
    const physical = new StructView(struct, memory, address).get('mdev');
    if (physical !== 0)
      yield { name: `${name}.mdev`, struct: debugInfo.struct('mlx5_core_dev'), address: physical };
  }
}

/** Names what an address belongs to, now; for several addresses use one {@link MemoryNames}. */
export function locate(machine: Machine, devices: Devices, instance: number, address: number): string {
  return namesNow(machine, devices, instance).nameOf(address);
}

/** The names of an instance's memory as it is. */
export function namesNow(machine: Machine, devices: Devices, instance: number): MemoryNames {
  const words = wordsOf(machine.memory);
  return new MemoryNames(machine, devices, instance, words, (allocation) =>
    notedOrigin(machine, instance, allocation),
  );
}

/** The field at an address that, if it lies in any object, lies in the given one. */
export function nameIn(object: NamedObject | null, address: number): string {
  if (object === null) return hex(address);
  return object.name + memberAt(object.struct, address - object.address);
}

/** The instance whose arena an address lies in; the first one for what lies elsewhere. */
export function instanceAt(machine: Machine, address: number): number {
  const instances = machine.global('lab_instances');
  const index = Math.floor((address - instances.get('start')) / instances.get('stride'));
  return index >= 0 && index < instances.get('count') ? index : 0;
}
