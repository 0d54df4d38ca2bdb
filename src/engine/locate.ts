import type { Machine } from '../machine/machine.js';
import { StructView } from '../machine/struct-view.js';
import type { Devices } from './encode.js';

/** The structs that a slot of the machine reaches, and the member of a scenario's path that leads there. */
const reached = [
  ['vdev', 'vfio_pci_core_device', ''],
  ['pdev', 'pci_dev', 'pdev.'],
  ['flags', 'lab_flags', ''],
] as const;

/** Names the field that an address lies in (`A.memory_lock`), or gives the address in hexadecimal. */
export function locate(machine: Machine, devices: Devices, instance: number, address: number): string {
  const { debugInfo, memory } = machine;
  const instances = machine.global('lab_instances');
  const at = instances.get('start') + instance * instances.get('stride');
  const arena = new StructView(debugInfo.struct('stub_arena'), memory, at);
  const slots = new StructView(debugInfo.struct('lab_instance'), memory, arena.get('root'));
  for (const [slot, name] of Object.keys(devices).entries()) {
    for (const [pointer, tag, prefix] of reached) {
      const start = slots.get(`device[${slot}].${pointer}`);
      const { size, members } = debugInfo.struct(tag);
      const offset = address - start;
      if (start === 0 || offset < 0 || offset >= size) continue;
      const member = members.findLast((candidate) => candidate.offset <= offset);
      return `${name}.${prefix}${member?.name ?? ''}`;
    }
  }
  return `0x${address.toString(16)}`;
}
