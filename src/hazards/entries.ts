// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Sink } from './facts.js';

export type EntryKind =
  | 'interrupt'
  | 'threaded interrupt'
  | 'timer'
  | 'softirq'
  | 'work'
  | 'kernel thread'
  | 'notifier'
  | 'RCU callback'
  | 'sysfs'
  | 'module parameter'
  | 'power management'
  | 'ops'
  | 'callback'
  | 'exported'
  | 'called from elsewhere'
  | 'unknown';

/** When in an object's life it is entered, as far as the name of what calls it says. */
export type EntryPhase = 'set-up' | 'addition' | 'open or close' | 'run time' | 'release';

/** How code outside of what was read gets into a function. */
export interface Entry {
  readonly function: string;
  readonly kind: EntryKind;
  /** `usb_driver.suspend`, `request_threaded_irq()`; empty for a function that is called by its name. */
  readonly through: string;
  /** The variable that has it in such a member; null where code puts it there. */
  readonly variable: string | null;
  readonly phase: EntryPhase;
  /** It can run twice at the same time for one object. */
  readonly repeats: boolean;
  /** A lock that the caller is known to hold there, by the rules of the subsystem; null: none is known. */
  readonly under: string | null;
}

interface Class {
  readonly kind: EntryKind;
  readonly repeats?: boolean;
}

/** Functions that take a function to call later, by its argument, counted from 0. */
const registering: readonly (readonly [RegExp, Readonly<Record<number, Class>>])[] = [
  [
    /^request_threaded_irq$|^request_any_context_irq$/,
    { 1: { kind: 'interrupt' }, 2: { kind: 'threaded interrupt' } },
  ],
  [
    /^devm_request_(?:threaded|any_context)_irq$/,
    { 2: { kind: 'interrupt' }, 3: { kind: 'threaded interrupt' } },
  ],
  [/^__request_percpu_irq$|^request_nmi$/, { 1: { kind: 'interrupt' } }],
  [/^pci_request_irq$/, { 2: { kind: 'interrupt' }, 3: { kind: 'threaded interrupt' } }],
  [
    /^(?:__)?(?:init_timer|timer_init)_key$|^init_timer_on_stack_key$|^timer_init_key_on_stack$/,
    { 1: { kind: 'timer' } },
  ],
  [/^(?:__)?hrtimer_setup(?:_on_stack)?$|^hrtimer_update_function$/, { 1: { kind: 'timer' } }],
  [/^tasklet_(?:setup|init)$/, { 1: { kind: 'softirq' } }],
  [/^netif_napi_add_\w+$/, { 2: { kind: 'softirq' } }],
  [
    /^call_(?:rcu|rcu_hurry|srcu|rcu_tasks\w*)$/,
    { 1: { kind: 'RCU callback' }, 2: { kind: 'RCU callback' } },
  ],
  [/^kthread_create_on_(?:node|cpu)$/, { 0: { kind: 'kernel thread' } }],
  [/^async_schedule(?:_node|_dev)?(?:_domain|_nocall)?$/, { 0: { kind: 'work' } }],
  [/^netdev_rx_handler_register$/, { 1: { kind: 'softirq', repeats: true } }],
  [/^init_irq_work$/, { 1: { kind: 'interrupt' } }],
  [
    /^smp_call_function\w*$|^on_each_cpu\w*$/,
    { 0: { kind: 'interrupt', repeats: true }, 1: { kind: 'interrupt', repeats: true } },
  ],
];

/** Members of structs that hold functions of a kind, as `struct.member`. */
const slots: readonly (readonly [RegExp, Class])[] = [
  [/^(?:work_struct|kthread_work)\.func$|^kthread_delayed_work\.work\.func$/, { kind: 'work' }],
  [/^timer_list\.function$|^hrtimer\.function$/, { kind: 'timer' }],
  [/^tasklet_struct\.(?:func|callback)$|^napi_struct\.poll$/, { kind: 'softirq' }],
  [/^irq_work\.func$|^irqaction\.handler$/, { kind: 'interrupt' }],
  [/^irqaction\.thread_fn$/, { kind: 'threaded interrupt' }],
  [/^notifier_block\.notifier_call$/, { kind: 'notifier' }],
  [/^(?:callback_head|rcu_head)\.func$/, { kind: 'RCU callback' }],
  [/^packet_type\.func$/, { kind: 'softirq', repeats: true }],
  [/^urb\.complete$/, { kind: 'softirq', repeats: true }],
  [
    /^(?:device_attribute|kobj_attribute|bus_attribute|driver_attribute|class_attribute|bin_attribute|sysfs_ops)\.(?:show|store|read|write)$/,
    { kind: 'sysfs', repeats: true },
  ],
  [/^\w*attribute\.(?:show|store)$/, { kind: 'sysfs', repeats: true }],
  [/^kernel_param_ops\.(?:set|get)$/, { kind: 'module parameter' }],
  [/^dev_pm_ops\.\w+$/, { kind: 'power management' }],
  [
    /^\w+_(?:driver|ops|device_driver)\.(?:suspend|resume|reset_resume|suspend_late|resume_early|runtime_\w+)$/,
    { kind: 'power management' },
  ],
];

const setUp = /(?:^|_)(?:probe|init|bind|attach|setup|new|register|create|connect)(?:_|$)/;
/** Of the object itself, or of something to one that is there. */
const addition = /(?:^|_)add(?:_|$)/;
const release =
  /(?:^|_)(?:remove|exit|unbind|detach|disconnect|shutdown|destroy|free|del|unregister|teardown)(?:_|$)/;
const opening = /(?:^|_)(?:open|close|release|enable|disable)(?:_|$)|(?:^|_)(?:start|stop)$/;

/** There is one of it. */
export const RTNL = 'RTNL';
/** What it is called where code takes it. */
export const rtnlMutex = 'rtnl_mutex';

/** Slots whose caller holds a lock, by the rules of its subsystem (Documentation/driver-api/driver-model, networking/netdevices). */
const underLocks: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:usb|pci|platform|i2c|spi|sdio|virtio|amba|mdio|acpi|pnp|pcmcia|auxiliary|device)_(?:device_)?driver\.(?:probe|remove|disconnect|shutdown|pre_reset|post_reset|suspend|resume|reset_resume)$/,
    'the device lock of the driver core',
  ],
  [/^pci_error_handlers\.(?!cor_error_detected)\w+$/, 'the device lock of the driver core'],
  [
    /^net_device_ops\.ndo_(?:open|stop|set_mac_address|change_mtu|set_features|do_ioctl|eth_ioctl|siocdevprivate|set_vf_\w+|vlan_rx_\w+|add_slave|del_slave|bpf)$/,
    RTNL,
  ],
];

/** Of these one at a time runs, as far as there is one of them for an object: one line of interrupts, one thread, one tasklet. */
const alone: ReadonlySet<EntryKind> = new Set([
  'interrupt',
  'threaded interrupt',
  'timer',
  'softirq',
  'work',
  'kernel thread',
  'RCU callback',
]);

/** Does it come whenever it likes, and not because somebody asks for it? */
export const isAsynchronous = ({ kind }: Entry): boolean => alone.has(kind) || kind === 'notifier';

/** How a function that was given somewhere is entered. */
export function entryThrough(name: string, to: Sink): Entry {
  if ('lost' in to) return entryByName(name, 'unknown');
  const through = 'slot' in to ? to.slot : `${to.call}()`;
  const found: Class | undefined =
    'slot' in to
      ? slots.find(([pattern]) => pattern.test(to.slot))?.[1]
      : registering.find(([pattern]) => pattern.test(to.call))?.[1][to.argument];
  const kind = found?.kind ?? ('slot' in to ? 'ops' : 'callback');
  const member = 'slot' in to ? to.slot.slice(to.slot.lastIndexOf('.') + 1) : '';
  const phase = phaseOf(kind, member);
  const under = underLocks.find(([pattern]) => pattern.test(through))?.[1] ?? '';
  return {
    function: name,
    kind,
    through,
    variable: 'slot' in to ? to.variable : null,
    phase,
    repeats: found?.repeats ?? !alone.has(kind),
    under: under === '' ? null : under,
  };
}

function phaseOf(kind: EntryKind, member: string): EntryPhase {
  if (kind !== 'ops') return 'run time';
  if (release.test(member)) return 'release';
  if (setUp.test(member)) return 'set-up';
  if (addition.test(member)) return 'addition';
  return opening.test(member) ? 'open or close' : 'run time';
}

/** How a function is entered that others call by its name. */
export const entryByName = (name: string, kind: 'exported' | 'called from elsewhere' | 'unknown'): Entry => ({
  function: name,
  kind,
  through: '',
  variable: null,
  phase: opening.test(name) ? 'open or close' : phaseOf('ops', name),
  repeats: true,
  under: null,
});

/** Why two entries never run at the same time; `null`: nothing says that they cannot. */
export const apart = (one: Entry, other: Entry): string | null =>
  one.under === RTNL && other.under === RTNL ? `both are called under ${RTNL}` : null;

/** What has to be assumed for two entries to run at the same time for one object, where the one mostly keeps the other away. */
export function seldomMeet(one: Entry, other: Entry): string | null {
  if (one.function === other.function && one.through === other.through && !one.repeats)
    return `${one.function}() runs twice at the same time for one object`;
  if (one.under !== null && one.under === other.under)
    return `they are not called under one and the same lock, ${one.under}`;
  if (one.kind === 'power management' && other.kind === 'power management')
    return 'the two callbacks of power management overlap';
  return null;
}
