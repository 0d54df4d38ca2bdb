// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

export default subject({
  title: 'sound: two streams that share a chip’s rate',
  source: './als4000-rate-lock.c',
  series: './fix.patch',
  reference: '4cc3ec3d8b35 ("ALSA: als4000: Fix capture trigger chip->mode race")',
  scenarios: {
    'playback-vs-capture': scenario({
      title: 'A process starts playback while another process starts capture',
      actors: {
        playback: [call('snd_als4000_playback_trigger', '&chip', 'true')],
        capture: [call('snd_als4000_capture_trigger', '&chip', 'true')],
      },
      observe: { mode: 'chip.mode' },
      outcomes: [
        { when: { mode: 0x30 }, grade: 'acceptable', note: 'both keep the rate' },
        { when: { mode: 0x10 }, grade: 'forbidden', note: 'the rate can change under the capture stream' },
        { when: { mode: 0x20 }, grade: 'forbidden', note: 'the rate can change under playback' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
