// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  close,
  cqCompletion,
  disableVf,
  enableVf,
  load,
  logStart,
  logStop,
  migStateSet,
  open,
  reset,
  sequence,
  work,
} from 'lostbit/vfio';

const saved = [migStateSet('A', 'stop_copy'), work(), migStateSet('A', 'stop')];

export default sequence({
  title: 'Any call fails while a device is moved to another machine',
  devices: { A: { mlx5: true } },
  setup: [load('mlx5'), bind('A', 'mlx5'), open('A')],
  sequences: {
    'with its state saved': [...saved, migStateSet('A', 'running')],
    'with its state loaded': [migStateSet('A', 'resuming'), migStateSet('A', 'running')],
    'until the close': [migStateSet('A', 'stop_copy'), close('A')],
    'until a reset': [migStateSet('A', 'resuming'), reset('A')],
    'with its pages logged': [logStart('A'), cqCompletion('A'), logStop('A')],
    'with its pages logged until the close': [logStart('A'), close('A')],
    'until its PF goes': [migStateSet('A', 'stop_copy'), logStart('A'), disableVf('A'), enableVf('A')],
  },
  sweepFaults: true,
  expect: 'holds',
});
