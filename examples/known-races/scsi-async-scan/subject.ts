// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

export default subject({
  title: 'scsi: a host is scanned while it is reset',
  source: './scsi-async-scan.c',
  series: './fix.patch',
  reference: '6b7f123f3787 ("[SCSI] Fix async scanning double-add problems")',
  scenarios: {
    'scan-vs-reset': scenario({
      title: 'A process starts to scan a host while another process resets it',
      actors: {
        scan: [call('scsi_prep_async_scan', '&shost')],
        reset: [call('scsi_reset_provider', '&shost')],
      },
      observe: { async_scan: 'shost.async_scan', tmf_in_progress: 'shost.tmf_in_progress' },
      outcomes: [
        { when: { async_scan: 1, tmf_in_progress: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { async_scan: 0 }, grade: 'forbidden', note: 'devices are added twice' },
        { when: { tmf_in_progress: 0 }, grade: 'forbidden', note: 'commands are sent during the reset' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
