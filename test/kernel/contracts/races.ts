// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Races } from '../contract.js';

/** Where it matters in which order tasks come. What a race must find stands beside what is right. */
export const races: Races = {
  // ---- bits and counters ----
  'two set_bit of one word are both kept': {
    shared: 'static unsigned long $word;',
    actors: ['set_bit(0, &$word);', 'set_bit(1, &$word);'],
    observe: ['$word'],
    ends: ['3'],
  },
  'of two __set_bit one can be lost': {
    shared: 'static unsigned long $word;',
    actors: ['__set_bit(0, &$word);', '__set_bit(1, &$word);'],
    observe: ['$word'],
    ends: ['1', '2', '3'],
  },
  'one of two test_and_set_bit finds it clear': {
    shared: 'static unsigned long $word; static u32 $first, $second;',
    actors: ['$first = test_and_set_bit(0, &$word);', '$second = test_and_set_bit(0, &$word);'],
    observe: ['$first', '$second'],
    ends: ['0 1', '1 0'],
  },
  'a lock of one bit keeps others out': {
    shared:
      'static unsigned long $word; static u32 $n; static void $count(void) { while (test_and_set_bit_lock(0, &$word)) cpu_relax(); $n++; clear_bit_unlock(0, &$word); }',
    actors: ['$count();', '$count();'],
    observe: ['$n', '$word'],
    ends: ['2 0'],
  },
  'the last of two references frees, once': {
    shared:
      'struct $object { struct kref ref; u32 n; }; static struct $object *$object; static u32 $freed; static void $release(struct kref *ref) { $freed++; kfree(container_of(ref, struct $object, ref)); }',
    begin:
      '$object = kzalloc(sizeof(*$object), GFP_KERNEL); kref_init(&$object->ref); kref_get(&$object->ref);',
    actors: ['kref_put(&$object->ref, $release);', 'kref_put(&$object->ref, $release);'],
    observe: ['$freed'],
    ends: ['1'],
  },
  'a reference is had as long as there is one': {
    shared: 'static refcount_t $refs = REFCOUNT_INIT(1); static u32 $had, $last;',
    actors: ['$had = refcount_inc_not_zero(&$refs);', '$last = refcount_dec_and_test(&$refs);'],
    observe: ['$had', '$last', 'refcount_read(&$refs)'],
    ends: ['1 0 1', '0 1 0'],
  },
  'atomic_dec_and_lock goes to zero under the lock alone': {
    shared:
      'static atomic_t $count = ATOMIC_INIT(1); static DEFINE_SPINLOCK($lock); static u32 $gone, $late;',
    actors: [
      'if (atomic_dec_and_lock(&$count, &$lock)) { $gone = 1; spin_unlock(&$lock); }',
      'spin_lock(&$lock); if (!$gone) atomic_inc(&$count); else $late = 1; spin_unlock(&$lock);',
    ],
    observe: ['$gone', '$late', 'atomic_read(&$count)'],
    ends: ['1 1 0', '0 0 1'],
  },

  // ---- locks ----
  'an rwlock keeps writers from readers and from each other': {
    shared:
      'static DEFINE_RWLOCK($lock); static u32 $a, $b, $torn; static void $write(void) { write_lock(&$lock); $a++; $b++; write_unlock(&$lock); }',
    actors: ['$write();', 'read_lock(&$lock); $torn = $a != $b; read_unlock(&$lock);', '$write();'],
    observe: ['$torn', '$a', '$b'],
    ends: ['0 2 2'],
  },
  'nobody writes between a write and the read that it was downgraded to': {
    shared: 'static DECLARE_RWSEM($sem); static u32 $value, $seen;',
    actors: [
      'down_write(&$sem); $value = 1; downgrade_write(&$sem); $seen = $value; up_read(&$sem);',
      'down_write(&$sem); $value = 2; up_write(&$sem);',
    ],
    observe: ['$seen', '$value'],
    ends: ['1 1', '1 2'],
  },
  'a reader comes in beside a writer that was downgraded': {
    shared: 'static DECLARE_RWSEM($sem); static DECLARE_COMPLETION($read);',
    actors: [
      'down_write(&$sem); downgrade_write(&$sem); wait_for_completion(&$read); up_read(&$sem);',
      'down_read(&$sem); up_read(&$sem); complete(&$read);',
    ],
    observe: ['rwsem_is_locked(&$sem)'],
    ends: ['0'],
  },
  'a semaphore of two lets two in, and not three': {
    shared:
      'static DEFINE_SEMAPHORE($sem, 2); static atomic_t $inside, $most; static void $enter(void) { int n; down(&$sem); n = atomic_inc_return(&$inside); if (n > 2) atomic_set(&$most, n); atomic_dec(&$inside); up(&$sem); }',
    actors: ['$enter();', '$enter();', '$enter();'],
    observe: ['atomic_read(&$most)'],
    ends: ['0'],
  },
  'what a sequence count guards is read whole': {
    shared: 'static DEFINE_SEQLOCK($lock); static u32 $a, $b, $torn;',
    actors: [
      'write_seqlock(&$lock); WRITE_ONCE($a, 1); WRITE_ONCE($b, 1); write_sequnlock(&$lock);',
      'u32 x, y; unsigned start; do { start = read_seqbegin(&$lock); x = READ_ONCE($a); y = READ_ONCE($b); } while (read_seqretry(&$lock, start)); $torn = x != y;',
    ],
    observe: ['$torn'],
    ends: ['0'],
  },
  'without the second look it can be torn': {
    shared: 'static DEFINE_SEQLOCK($lock); static u32 $a, $b, $torn;',
    actors: [
      'write_seqlock(&$lock); WRITE_ONCE($a, 1); WRITE_ONCE($b, 1); write_sequnlock(&$lock);',
      'u32 x, y; read_seqbegin(&$lock); x = READ_ONCE($a); y = READ_ONCE($b); $torn = x != y;',
    ],
    observe: ['$torn'],
    ends: ['0', '1'],
  },

  // ---- completions ----
  'a completion hands over what was written before': {
    shared: 'static DECLARE_COMPLETION($done); static u32 $data, $seen;',
    actors: ['wait_for_completion(&$done); $seen = $data;', '$data = 7; complete(&$done);'],
    observe: ['$seen'],
    ends: ['7'],
  },
  'complete lets one go, complete_all all': {
    shared: 'static DECLARE_COMPLETION($done);',
    actors: ['wait_for_completion(&$done);', 'wait_for_completion(&$done);', 'complete(&$done);'],
    observe: ['0'],
    ends: ['deadlock'],
  },
  'complete_all lets all go': {
    shared: 'static DECLARE_COMPLETION($done);',
    actors: ['wait_for_completion(&$done);', 'wait_for_completion(&$done);', 'complete_all(&$done);'],
    observe: ['completion_done(&$done)'],
    ends: ['1'],
  },
  'a wait with a time limit ends by the completion or by the timer': {
    shared: 'static DECLARE_COMPLETION($done); static u32 $left;',
    actors: ['$left = wait_for_completion_timeout(&$done, 5);', 'complete(&$done);', 'stub_timer_fire();'],
    observe: ['$left', 'completion_done(&$done)'],
    ends: ['5 0', '1 0', '0 1'],
  },
  'a wait with a time limit that nobody completes ends by the timer': {
    shared: 'static DECLARE_COMPLETION($done); static u32 $left = 9, $fired;',
    actors: ['$left = wait_for_completion_timeout(&$done, 5);', '$fired = stub_timer_fire();'],
    observe: ['$left', '$fired'],
    ends: ['0 1', 'deadlock'],
  },

  'a wait with a time limit that is completed needs no timer': {
    shared: 'static DECLARE_COMPLETION($done); static u32 $left;',
    actors: ['$left = wait_for_completion_timeout(&$done, 5);', 'complete(&$done);'],
    observe: ['$left', 'completion_done(&$done)'],
    ends: ['5 0'],
  },

  // ---- wait queues ----
  'a condition that is set before the wake-up ends a wait': {
    shared: 'static DECLARE_WAIT_QUEUE_HEAD($wq); static u32 $there, $data, $seen;',
    actors: [
      'wait_event($wq, READ_ONCE($there)); $seen = $data;',
      '$data = 7; WRITE_ONCE($there, 1); wake_up(&$wq);',
    ],
    observe: ['$seen', 'waitqueue_active(&$wq)'],
    ends: ['7 0'],
  },
  'a condition that is set after the wake-up can be missed': {
    shared: 'static DECLARE_WAIT_QUEUE_HEAD($wq); static u32 $there;',
    actors: ['wait_event($wq, READ_ONCE($there));', 'wake_up(&$wq); WRITE_ONCE($there, 1);'],
    observe: ['$there'],
    ends: ['1', 'deadlock'],
  },
  'a wake-up that looks for sleepers first, and has no barrier to do without, is enough': {
    shared: 'static DECLARE_WAIT_QUEUE_HEAD($wq); static u32 $there;',
    actors: [
      'wait_event_interruptible($wq, READ_ONCE($there));',
      'WRITE_ONCE($there, 1); if (wq_has_sleeper(&$wq)) wake_up_interruptible(&$wq);',
    ],
    observe: ['$there'],
    ends: ['1'],
  },
  'a wake-up wakes all who wait': {
    shared: 'static DECLARE_WAIT_QUEUE_HEAD($wq); static u32 $there;',
    actors: [
      'wait_event($wq, READ_ONCE($there));',
      'wait_event($wq, READ_ONCE($there));',
      'WRITE_ONCE($there, 1); wake_up(&$wq);',
    ],
    observe: ['waitqueue_active(&$wq)'],
    ends: ['0'],
  },
  'one wake-up is for one of those who wait exclusively': {
    shared: 'static DECLARE_WAIT_QUEUE_HEAD($wq); static u32 $there, $one, $other;',
    actors: [
      'if (!wait_event_interruptible_exclusive($wq, READ_ONCE($there))) $one = 1;',
      'if (!wait_event_interruptible_exclusive($wq, READ_ONCE($there))) $other = 1;',
      'WRITE_ONCE($there, 1); wake_up_interruptible(&$wq);',
    ],
    observe: ['$one', '$other'],
    ends: ['1 1', 'deadlock'],
  },
  'wake_up_interruptible does not wake who is not to be interrupted': {
    shared: 'static DECLARE_WAIT_QUEUE_HEAD($wq); static u32 $there;',
    actors: ['wait_event($wq, READ_ONCE($there));', 'WRITE_ONCE($there, 1); wake_up_interruptible(&$wq);'],
    observe: ['$there'],
    ends: ['1', 'deadlock'],
  },
  'a wait with a time limit says whether the condition holds': {
    shared: 'static DECLARE_WAIT_QUEUE_HEAD($wq); static u32 $there; static long $left;',
    actors: [
      '$left = wait_event_timeout($wq, READ_ONCE($there), 5);',
      'WRITE_ONCE($there, 1); wake_up(&$wq);',
      'stub_timer_fire();',
    ],
    observe: ['$left', '$there'],
    ends: ['5 1', '1 1', '0 1'],
  },
  'a lock is held wherever the condition is looked at, and not while the task sleeps': {
    shared: 'static DECLARE_WAIT_QUEUE_HEAD($wq); static DEFINE_SPINLOCK($lock); static u32 $there, $wrong;',
    actors: [
      'spin_lock_irq(&$lock); wait_event_lock_irq($wq, ({ $wrong |= !irqs_disabled(); $there; }), $lock); $there = 2; spin_unlock_irq(&$lock);',
      'spin_lock_irq(&$lock); $there = 1; wake_up(&$wq); spin_unlock_irq(&$lock);',
    ],
    observe: ['$there', '$wrong'],
    ends: ['2 0'],
  },
  'a host is claimed by one task after the other, as a loop of a driver has it': {
    shared: `static DECLARE_WAIT_QUEUE_HEAD($wq);
static DEFINE_SPINLOCK($lock);
static u32 $claimed, $users;

static void $claim(void)
{
	DECLARE_WAITQUEUE(wait, current);
	unsigned long flags;

	add_wait_queue(&$wq, &wait);
	spin_lock_irqsave(&$lock, flags);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (!$claimed)
			break;
		spin_unlock_irqrestore(&$lock, flags);
		schedule();
		spin_lock_irqsave(&$lock, flags);
	}
	set_current_state(TASK_RUNNING);
	$claimed = 1;
	spin_unlock_irqrestore(&$lock, flags);
	remove_wait_queue(&$wq, &wait);
	$users++;
	spin_lock_irqsave(&$lock, flags);
	$claimed = 0;
	spin_unlock_irqrestore(&$lock, flags);
	wake_up(&$wq);
}`,
    actors: ['$claim();', '$claim();'],
    observe: ['$users', '$claimed'],
    ends: ['2 0'],
  },
  'a task that looks before it says that it sleeps can miss its wake-up': {
    shared: 'static struct task_struct *$sleeper; static u32 $there;',
    actors: [
      'WRITE_ONCE($sleeper, current); if (!READ_ONCE($there)) { set_current_state(TASK_UNINTERRUPTIBLE); schedule(); }',
      'WRITE_ONCE($there, 1); if (READ_ONCE($sleeper)) wake_up_process($sleeper);',
    ],
    observe: ['$there'],
    ends: ['1', 'deadlock'],
  },
  'a task that says that it sleeps before it looks does not': {
    shared: 'static struct task_struct *$sleeper; static u32 $there;',
    actors: [
      'WRITE_ONCE($sleeper, current); set_current_state(TASK_UNINTERRUPTIBLE); if (!READ_ONCE($there)) schedule(); set_current_state(TASK_RUNNING);',
      'WRITE_ONCE($there, 1); if (READ_ONCE($sleeper)) wake_up_process($sleeper);',
    ],
    observe: ['$there'],
    ends: ['1'],
  },
  'two who wake a task at once do no harm': {
    shared:
      'static struct task_struct *$sleeper; static u32 $there; static void $wake(void) { WRITE_ONCE($there, 1); if (READ_ONCE($sleeper)) wake_up_process($sleeper); }',
    actors: [
      'WRITE_ONCE($sleeper, current); set_current_state(TASK_UNINTERRUPTIBLE); if (!READ_ONCE($there)) schedule(); set_current_state(TASK_INTERRUPTIBLE); set_current_state(TASK_RUNNING);',
      '$wake();',
      '$wake();',
    ],
    observe: ['$there'],
    ends: ['1'],
  },
  'a bit is waited for': {
    shared: 'static unsigned long $word = 1; static u32 $data, $seen;',
    actors: [
      'wait_on_bit(&$word, 0, TASK_UNINTERRUPTIBLE); $seen = $data;',
      '$data = 7; clear_and_wake_up_bit(0, &$word);',
    ],
    observe: ['$seen'],
    ends: ['7'],
  },
  'a wake-up for a bit ends no wait for the same bit of another word': {
    shared: 'static unsigned long $word = 1, $other = 1;',
    actors: [
      'wait_on_bit(&$word, 0, TASK_UNINTERRUPTIBLE);',
      'clear_bit_unlock(0, &$word); clear_and_wake_up_bit(0, &$other);',
    ],
    observe: ['$word'],
    ends: ['0', 'deadlock'],
  },
  'a wake-up for a bit ends no wait for another bit of the word': {
    shared: 'static unsigned long $word = 3;',
    actors: [
      'wait_on_bit(&$word, 0, TASK_UNINTERRUPTIBLE);',
      'clear_bit_unlock(0, &$word); clear_and_wake_up_bit(1, &$word);',
    ],
    observe: ['$word'],
    ends: ['0', 'deadlock'],
  },
  'a wake-up for a variable ends no wait for another': {
    shared: 'static u32 $there, $other;',
    actors: [
      'wait_var_event(&$there, READ_ONCE($there));',
      'WRITE_ONCE($there, 1); smp_mb(); wake_up_var(&$other);',
    ],
    observe: ['$there'],
    ends: ['1', 'deadlock'],
  },
  'a variable is waited for': {
    shared: 'static u32 $there;',
    actors: [
      'wait_var_event(&$there, READ_ONCE($there));',
      'WRITE_ONCE($there, 1); smp_mb(); wake_up_var(&$there);',
    ],
    observe: ['$there'],
    ends: ['1'],
  },
  'a lock of one bit goes from one who waits for it to the next': {
    shared:
      'static unsigned long $word = 1; static u32 $n; static void $take(void) { wait_on_bit_lock(&$word, 0, TASK_UNINTERRUPTIBLE); $n++; clear_and_wake_up_bit(0, &$word); }',
    actors: ['$take();', '$take();', 'clear_and_wake_up_bit(0, &$word);'],
    observe: ['$n', '$word'],
    ends: ['2 0'],
  },

  // ---- RCU ----
  'what a reader may still see is there until it has left': {
    shared:
      'struct $object { struct rcu_head rcu; u32 n; }; static struct $object $one = { .n = 7 }, *$shown = &$one; static u32 $seen; static void $gone(struct rcu_head *head) { container_of(head, struct $object, rcu)->n = 9; }',
    actors: [
      'struct $object *object; rcu_read_lock(); object = rcu_dereference($shown); if (object) $seen = READ_ONCE(object->n); rcu_read_unlock();',
      'rcu_assign_pointer($shown, NULL); call_rcu(&$one.rcu, $gone);',
    ],
    observe: ['$seen', '$one.n'],
    ends: ['0 9', '7 9'],
  },
  'a callback may take the lock that its caller held': {
    shared:
      'static DEFINE_SPINLOCK($lock); static struct rcu_head $head; static u32 $n; static void $back(struct rcu_head *head) { spin_lock(&$lock); $n++; spin_unlock(&$lock); }',
    actors: [
      'spin_lock_bh(&$lock); call_rcu(&$head, $back); $n++; spin_unlock_bh(&$lock);',
      'rcu_read_lock(); rcu_read_unlock();',
    ],
    observe: ['$n'],
    ends: ['2'],
  },

  // ---- timers ----
  'timer_delete_sync waits for the function, so that its memory may go': {
    shared:
      'struct $object { struct timer_list timer; u32 n; }; static struct $object *$object; static u32 $fired; static void $fire(struct timer_list *timer) { struct $object *own = timer_container_of(own, timer, timer); WRITE_ONCE(own->n, 1); $fired = 1; }',
    begin:
      '$object = kzalloc(sizeof(*$object), GFP_KERNEL); timer_setup(&$object->timer, $fire, 0); mod_timer(&$object->timer, 5);',
    actors: ['stub_timer_fire();', 'timer_delete_sync(&$object->timer); kfree($object);'],
    observe: ['$fired'],
    ends: ['0', '1'],
  },
  'timer_delete does not': {
    shared:
      'struct $object { struct timer_list timer; u32 n; }; static struct $object *$object; static u32 $fired; static void $fire(struct timer_list *timer) { struct $object *own = timer_container_of(own, timer, timer); WRITE_ONCE(own->n, 1); $fired = 1; }',
    begin:
      '$object = kzalloc(sizeof(*$object), GFP_KERNEL); timer_setup(&$object->timer, $fire, 0); mod_timer(&$object->timer, 5);',
    actors: ['stub_timer_fire();', 'timer_delete(&$object->timer); kfree($object);'],
    observe: ['$fired'],
    ends: ['0', '1', '1 !'],
  },
  'a timer that arms itself is gone after timer_delete_sync': {
    shared:
      'static struct timer_list $timer; static u32 $fired; static void $fire(struct timer_list *own) { $fired++; mod_timer(own, jiffies + 1); }',
    begin: 'timer_setup(&$timer, $fire, 0); mod_timer(&$timer, 1);',
    actors: ['stub_timer_fire(); stub_timer_fire();', 'timer_delete_sync(&$timer);'],
    observe: ['timer_pending(&$timer)'],
    ends: ['0'],
  },
  'a timer that arms itself is gone after timer_shutdown_sync, and for good': {
    shared:
      'static struct timer_list $timer; static u32 $fired, $late; static void $fire(struct timer_list *own) { $fired++; mod_timer(own, jiffies + 1); }',
    begin: 'timer_setup(&$timer, $fire, 0); mod_timer(&$timer, 1);',
    actors: [
      'stub_timer_fire(); stub_timer_fire();',
      'timer_shutdown_sync(&$timer); $late = timer_pending(&$timer); mod_timer(&$timer, 9);',
    ],
    observe: ['timer_pending(&$timer)', '$late'],
    ends: ['0 0'],
  },
  'a timer does not run twice at a time, two timers may': {
    shared:
      'static struct timer_list $one, $other; static u32 $n; static void $fire(struct timer_list *own) { WRITE_ONCE($n, READ_ONCE($n) + 1); }',
    begin:
      'timer_setup(&$one, $fire, 0); timer_setup(&$other, $fire, 0); mod_timer(&$one, 1); mod_timer(&$other, 1);',
    actors: ['stub_timer_fire();', 'stub_timer_fire();'],
    observe: ['$n'],
    ends: ['1', '2'],
  },
  'a timer that is armed again while it runs waits for its own end': {
    shared:
      'static struct timer_list $timer; static u32 $n, $fired; static void $fire(struct timer_list *own) { WRITE_ONCE($n, READ_ONCE($n) + 1); }',
    begin: 'timer_setup(&$timer, $fire, 0); mod_timer(&$timer, 1);',
    actors: ['stub_timer_fire();', 'mod_timer(&$timer, 2); $fired = stub_timer_fire();'],
    observe: ['$n + timer_pending(&$timer) == ($fired ? 2 : 1) || $n == 1 || $n == 2', '$fired'],
    ends: ['1 0', '1 1'],
  },
  'a timer and a task that keeps softirqs off share a flag safely by the lock': {
    shared:
      'static DEFINE_SPINLOCK($lock); static struct timer_list $timer; static struct { u32 a:1, b:1; } $flags; static void $fire(struct timer_list *own) { spin_lock(&$lock); $flags.a = 1; spin_unlock(&$lock); }',
    begin: 'timer_setup(&$timer, $fire, 0); mod_timer(&$timer, 1);',
    actors: ['stub_timer_fire();', 'spin_lock_bh(&$lock); $flags.b = 1; spin_unlock_bh(&$lock);'],
    observe: ['$flags.a', '$flags.b'],
    ends: ['1 1'],
  },

  // ---- workqueues ----
  'cancel_work_sync waits for the item, so that its memory may go': {
    shared:
      'struct $object { struct work_struct work; u32 n; }; static struct $object *$object; static u32 $ran; static void $run(struct work_struct *work) { WRITE_ONCE(container_of(work, struct $object, work)->n, 1); $ran = 1; }',
    begin:
      '$object = kzalloc(sizeof(*$object), GFP_KERNEL); INIT_WORK(&$object->work, $run); schedule_work(&$object->work);',
    actors: ['stub_work();', 'cancel_work_sync(&$object->work); kfree($object);'],
    observe: ['$ran'],
    ends: ['0', '1'],
  },
  'cancel_work does not': {
    shared:
      'struct $object { struct work_struct work; u32 n; }; static struct $object *$object; static u32 $ran; static void $run(struct work_struct *work) { WRITE_ONCE(container_of(work, struct $object, work)->n, 1); $ran = 1; }',
    begin:
      '$object = kzalloc(sizeof(*$object), GFP_KERNEL); INIT_WORK(&$object->work, $run); schedule_work(&$object->work);',
    actors: ['stub_work();', 'cancel_work(&$object->work); kfree($object);'],
    observe: ['$ran'],
    ends: ['0', '1', '1 !'],
  },
  'an item that queues itself is gone after cancel_work_sync': {
    shared:
      'static struct work_struct $work; static u32 $ran; static void $run(struct work_struct *own) { $ran++; schedule_work(own); }',
    begin: 'INIT_WORK(&$work, $run); schedule_work(&$work);',
    actors: ['stub_work();', 'cancel_work_sync(&$work);'],
    observe: ['work_busy(&$work)'],
    ends: ['0'],
  },
  'an item does not run twice at a time': {
    shared:
      'static struct work_struct $work; static u32 $n; static void $run(struct work_struct *own) { WRITE_ONCE($n, READ_ONCE($n) + 1); }',
    begin: 'INIT_WORK(&$work, $run); schedule_work(&$work);',
    actors: ['stub_work();', 'schedule_work(&$work); while (stub_work()) cpu_relax(); flush_work(&$work);'],
    observe: ['$n'],
    ends: ['1', '2'],
  },
  'two items of an ordered queue do not run at the same time': {
    shared:
      'static struct workqueue_struct *$wq; static struct work_struct $one, $other; static u32 $n; static void $run(struct work_struct *own) { WRITE_ONCE($n, READ_ONCE($n) + 1); }',
    begin:
      '$wq = alloc_ordered_workqueue("wq", 0); INIT_WORK(&$one, $run); INIT_WORK(&$other, $run); queue_work($wq, &$one); queue_work($wq, &$other);',
    actors: ['stub_work();', 'flush_workqueue($wq);'],
    observe: ['$n'],
    ends: ['2'],
  },
  'two items of a queue with a limit of one do, on two CPUs': {
    shared:
      'static struct workqueue_struct *$wq; static struct work_struct $one, $other; static u32 $inside, $met; static void $run(struct work_struct *own) { if (READ_ONCE($inside)) $met = 1; WRITE_ONCE($inside, 1); WRITE_ONCE($inside, 0); }',
    begin:
      '$wq = create_workqueue("wq"); INIT_WORK(&$one, $run); INIT_WORK(&$other, $run); queue_work_on(0, $wq, &$one); queue_work_on(1, $wq, &$other);',
    actors: ['stub_work();', 'stub_work();'],
    observe: ['$met'],
    ends: ['0', '1'],
  },
  'two items of a queue with a limit of one do not, on one CPU': {
    shared:
      'static struct workqueue_struct *$wq; static struct work_struct $one, $other; static u32 $inside, $met; static void $run(struct work_struct *own) { if (READ_ONCE($inside)) $met = 1; WRITE_ONCE($inside, 1); WRITE_ONCE($inside, 0); }',
    begin:
      '$wq = create_workqueue("wq"); INIT_WORK(&$one, $run); INIT_WORK(&$other, $run); queue_work($wq, &$one); queue_work($wq, &$other);',
    actors: ['stub_work();', 'stub_work();'],
    observe: ['$met'],
    ends: ['0'],
  },
  'flush_workqueue is sure of what a limit has kept back': {
    shared:
      'static struct workqueue_struct *$wq; static struct work_struct $one, $other; static u32 $n, $seen; static void $run(struct work_struct *own) { WRITE_ONCE($n, READ_ONCE($n) + 1); }',
    begin:
      '$wq = create_workqueue("wq"); INIT_WORK(&$one, $run); INIT_WORK(&$other, $run); queue_work_on(1, $wq, &$one); queue_work_on(1, $wq, &$other);',
    actors: ['stub_work();', 'flush_workqueue($wq); $seen = READ_ONCE($n);'],
    observe: ['$seen'],
    ends: ['2'],
  },
  'two items of the system queue may': {
    shared:
      'static struct work_struct $one, $other; static u32 $n; static void $run(struct work_struct *own) { WRITE_ONCE($n, READ_ONCE($n) + 1); }',
    begin: 'INIT_WORK(&$one, $run); INIT_WORK(&$other, $run); schedule_work(&$one); schedule_work(&$other);',
    actors: ['stub_work();', 'stub_work();'],
    observe: ['$n'],
    ends: ['1', '2'],
  },
  'flush_work returns when the item has run, whoever runs it': {
    shared:
      'static struct work_struct $work; static u32 $ran, $seen; static void $run(struct work_struct *own) { $ran = 1; }',
    begin: 'INIT_WORK(&$work, $run); schedule_work(&$work);',
    actors: ['stub_work();', 'flush_work(&$work); $seen = $ran;'],
    observe: ['$seen'],
    ends: ['1'],
  },
  'cancel_delayed_work_sync is sure, wherever the work is': {
    shared:
      'struct $object { struct delayed_work dwork; u32 n; }; static struct $object *$object; static u32 $ran; static void $run(struct work_struct *work) { WRITE_ONCE(container_of(to_delayed_work(work), struct $object, dwork)->n, 1); $ran = 1; }',
    begin:
      '$object = kzalloc(sizeof(*$object), GFP_KERNEL); INIT_DELAYED_WORK(&$object->dwork, $run); schedule_delayed_work(&$object->dwork, 5);',
    actors: ['stub_timer_fire(); stub_work();', 'cancel_delayed_work_sync(&$object->dwork); kfree($object);'],
    observe: ['$ran'],
    ends: ['0', '1'],
  },
  'mod_delayed_work has the last word, whoever queues the work meanwhile': {
    shared: 'static struct delayed_work $dwork; static void $run(struct work_struct *work) { }',
    begin: 'INIT_DELAYED_WORK(&$dwork, $run); schedule_delayed_work(&$dwork, 3);',
    actors: ['mod_delayed_work(system_wq, &$dwork, 9);', 'schedule_delayed_work(&$dwork, 5);'],
    observe: ['$dwork.timer.expires', 'delayed_work_pending(&$dwork)'],
    ends: ['9 1'],
  },
  'mod_delayed_work moves what is due just now, or queues it once more': {
    shared:
      'static struct delayed_work $dwork; static u32 $moved, $ran; static void $run(struct work_struct *work) { $ran++; }',
    begin: 'INIT_DELAYED_WORK(&$dwork, $run); schedule_delayed_work(&$dwork, 3);',
    actors: ['$moved = mod_delayed_work(system_wq, &$dwork, 9);', 'stub_timer_fire(); stub_work();'],
    observe: ['$moved', '$ran', 'delayed_work_pending(&$dwork)'],
    ends: ['0 1 1', '1 0 1', '1 1 0'],
  },
  'mod_delayed_work does not bring back what is cancelled meanwhile': {
    shared:
      'static struct delayed_work $dwork; static u32 $cancelled, $pending; static void $run(struct work_struct *own) { mod_delayed_work(system_wq, &$dwork, 9); }',
    begin: 'INIT_DELAYED_WORK(&$dwork, $run); schedule_delayed_work(&$dwork, 0);',
    actors: [
      'cancel_delayed_work_sync(&$dwork); $pending = delayed_work_pending(&$dwork); $cancelled = 1;',
      'stub_work();',
    ],
    observe: ['$pending', '$cancelled', 'work_busy(&$dwork.work)'],
    ends: ['0 1 0'],
  },

  // ---- files ----
  'a file is had by its descriptor as long as there is a reference': {
    shared:
      '#include <linux/anon_inodes.h>\n#include <linux/file.h>\n#include <linux/fs.h>\nstatic struct file *$file; static int $fd, $had; static u32 $released; static int $release(struct inode *inode, struct file *filp) { $released++; return 0; } static const struct file_operations $fops = { .release = $release };',
    begin: '$file = anon_inode_getfile("test", &$fops, NULL, 0); $fd = stub_file_install($file);',
    actors: ['struct file *own = fget($fd); $had = own != NULL; if (own) fput(own);', 'stub_close($fd);'],
    observe: ['$had', '$released'],
    ends: ['0 1', '1 1'],
  },

  // ---- interrupts and tasklets ----
  'free_irq waits for the handler': {
    shared:
      'static u32 *$object, $handled; static irqreturn_t $handle(int irq, void *dev) { WRITE_ONCE(*(u32 *)dev, 1); $handled = 1; return IRQ_HANDLED; }',
    begin: '$object = kzalloc(4, GFP_KERNEL); request_irq(3, $handle, 0, "irq", $object);',
    actors: ['stub_irq_deliver(3);', 'free_irq(3, $object); kfree($object);'],
    observe: ['$handled'],
    ends: ['0', '1'],
  },
  'disable_irq waits for the handler, disable_irq_nosync does not': {
    shared:
      'static u32 $dev, $inside, $met; static irqreturn_t $handle(int irq, void *own) { WRITE_ONCE($inside, 1); WRITE_ONCE($inside, 0); return IRQ_HANDLED; }',
    begin: 'request_irq(3, $handle, 0, "irq", &$dev);',
    actors: [
      'stub_irq_deliver(3);',
      'disable_irq_nosync(3); $met = READ_ONCE($inside); synchronize_irq(3); $met |= READ_ONCE($inside) << 1;',
    ],
    observe: ['$met'],
    ends: ['0', '1'],
  },
  'tasklet_kill waits for the tasklet': {
    shared:
      'static struct tasklet_struct *$tasklet; static u32 $ran; static void $run(struct tasklet_struct *own) { $ran = 1; }',
    begin:
      '$tasklet = kzalloc(sizeof(*$tasklet), GFP_KERNEL); tasklet_setup($tasklet, $run); tasklet_schedule($tasklet);',
    actors: ['stub_tasklet();', 'tasklet_kill($tasklet); kfree($tasklet);'],
    observe: ['$ran'],
    ends: ['1'],
  },
  'tasklet_disable waits for the tasklet': {
    shared:
      'static struct tasklet_struct $tasklet; static u32 $inside, $met; static void $run(struct tasklet_struct *own) { WRITE_ONCE($inside, 1); WRITE_ONCE($inside, 0); }',
    begin: 'tasklet_setup(&$tasklet, $run); tasklet_schedule(&$tasklet);',
    actors: ['stub_tasklet();', 'tasklet_disable(&$tasklet); $met = READ_ONCE($inside);'],
    observe: ['$met'],
    ends: ['0'],
  },

  // ---- devices ----
  'a resume waits for the suspend that is under way': {
    shared:
      'static struct device $dev; static u32 $at, $early; static int $down(struct device *dev) { $at = 1; cpu_relax(); $at = 2; return 0; } static int $up(struct device *dev) { $early += $at == 1; return 0; } static const struct dev_pm_ops $ops = { .runtime_suspend = $down, .runtime_resume = $up }; static const struct bus_type $bus = { .pm = &$ops };',
    begin:
      '$dev.bus = &$bus; device_initialize(&$dev); pm_runtime_set_active(&$dev); pm_runtime_enable(&$dev);',
    actors: ['pm_runtime_suspend(&$dev);', 'pm_runtime_get_sync(&$dev);'],
    observe: ['$early', '$dev.power.runtime_status'],
    ends: ['0 0'],
  },
  'of two who put a device one suspends it': {
    shared:
      'static struct device $dev; static u32 $downs; static int $down(struct device *dev) { $downs++; return 0; } static const struct dev_pm_ops $ops = { .runtime_suspend = $down }; static const struct bus_type $bus = { .pm = &$ops };',
    begin:
      '$dev.bus = &$bus; device_initialize(&$dev); pm_runtime_set_active(&$dev); pm_runtime_enable(&$dev); pm_runtime_get_noresume(&$dev); pm_runtime_get_noresume(&$dev);',
    actors: ['pm_runtime_put_sync(&$dev);', 'pm_runtime_put_sync(&$dev);'],
    observe: ['$downs', '$dev.power.runtime_status'],
    ends: ['1 2'],
  },
  'runtime PM that is disabled has ended what was under way': {
    shared:
      'static struct device $dev; static u32 $at, $seen; static int $down(struct device *dev) { $at = 1; cpu_relax(); $at = 2; return 0; } static const struct dev_pm_ops $ops = { .runtime_suspend = $down }; static const struct bus_type $bus = { .pm = &$ops };',
    begin:
      '$dev.bus = &$bus; device_initialize(&$dev); pm_runtime_set_active(&$dev); pm_runtime_enable(&$dev);',
    actors: ['pm_runtime_suspend(&$dev);', 'pm_runtime_disable(&$dev); $seen = $at == 1;'],
    observe: ['$seen'],
    ends: ['0'],
  },
  'a device is bound to one driver, and its last reference releases it once': {
    shared:
      'static struct device $dev; static u32 $probes, $releases; static int $probe(struct device *dev) { $probes++; return 0; } static void $remove(struct device *dev) { } static void $release(struct device *dev) { $releases++; } static const struct bus_type $bus = { .probe = $probe, .remove = $remove }; static struct device_driver $one = { .name = "one", .bus = &$bus }, $two = { .name = "two", .bus = &$bus };',
    begin: '$dev.bus = &$bus; $dev.release = $release; device_initialize(&$dev); get_device(&$dev);',
    actors: [
      'if (device_driver_attach(&$one, &$dev)) { } put_device(&$dev);',
      'if (device_driver_attach(&$two, &$dev)) { } put_device(&$dev);',
    ],
    observe: ['$probes', '$releases'],
    ends: ['1 1'],
  },
};
