// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Restatement } from '../../src/subject/subject.js';

/** How the excerpt is held against a kernel's sources, and where it cannot be the same. */
export const restated: Restatement = {
  states: [
    'vdev.open_count',
    'pdev.current_state',
    'pdev.enable_cnt',
    'pdev.is_busmaster',
    'pdev.block_cfg_access',
    'pdev.dev.power.usage_count',
    'pdev.dev.power.runtime_status',
    'pdev.dev.power.disable_depth',
    'pdev.dev.power.runtime_auto',
  ],
  explained: [],
};
