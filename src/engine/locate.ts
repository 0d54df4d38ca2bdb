import type { Machine } from '../machine/machine.js';
import { StructView } from '../machine/struct-view.js';
import type { DeviceSpec, PciDeviceSpec, Scenario } from '../scenario/scenario.js';

/** The struct of the driver that such a device is for: the core's own, or one that has the core's as its first member. */
export function driverStruct(spec: PciDeviceSpec): string {
  return spec.mlx5 === true ? 'mlx5vf_pci_core_device' : 'vfio_pci_core_device';
}

/** The structs that a slot of the machine reaches, and the member of a scenario's path that leads there. */
function reached(spec: DeviceSpec): readonly (readonly [pointer: string, tag: string, prefix: string])[] {
  if ('flags' in spec) return [['flags', 'lab_flags', '']];
  return [
    ['vdev', driverStruct(spec), ''],
    ['pdev', 'pci_dev', 'pdev.'],
  ];
}

/** Names the field that an address lies in (`A.memory_lock`), or gives the address in hexadecimal. */
export function locate(machine: Machine, scenario: Scenario, instance: number, address: number): string {
  const { debugInfo, memory } = machine;
  const instances = machine.global('lab_instances');
  const at = instances.get('start') + instance * instances.get('stride');
  const arena = new StructView(debugInfo.struct('stub_arena'), memory, at);
  const slots = new StructView(debugInfo.struct('lab_instance'), memory, arena.get('root'));
  for (const [slot, [name, spec]] of Object.entries(scenario.devices).entries()) {
    for (const [pointer, tag, prefix] of reached(spec)) {
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
