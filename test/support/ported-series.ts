// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createTwoFilesPatch } from 'diff';

const header = 'include/linux/vfio_pci_core.h';
const core = 'drivers/vfio/pci/vfio_pci_core.c';
const module = 'drivers/vfio/pci/vfio_pci.c';
const mlx5 = 'drivers/vfio/pci/mlx5/cmd.h';

/** A change to some files of sources. */
interface Edit {
  readonly subject: string;
  readonly files: Readonly<Record<string, (text: string) => string>>;
}

/** Replaces what a pattern finds, which has to be there. */
function edited(text: string, pattern: RegExp, by: string | ((...found: string[]) => string)): string {
  const after = text.replace(pattern, by as string);
  if (after === text) throw new Error(`nothing is like ${pattern}`);
  return after;
}

/** Changes the body of one function. */
const inFunction = (text: string, name: string, change: (body: string) => string): string =>
  edited(
    text,
    new RegExp(`^(?:\\w[^;{}\\n]*)?\\b${name}\\([^;{}]*\\)\\n\\{\\n[\\s\\S]*?^\\}\\n`, 'm'),
    change,
  );

/** Takes members out of a struct, and puts them behind another one as `type`s of their own. */
function apart(text: string, names: readonly string[], behind: RegExp, type: string): string {
  const without = names.reduce(
    (left, name) => edited(left, new RegExp(`^\\t${type}\\s+${name}:1;\\n`, 'm'), ''),
    text,
  );
  return edited(without, behind, (all) => `${all}${names.map((name) => `\t${type} ${name};\n`).join('')}`);
}

/** Everything that takes or gives up a count for a device asks that device. */
function askDevices(text: string): string {
  const guard = (body: string) =>
    edited(
      body.replace(/^\t+if \(!disable_idle_d3\)\n\t(?=\t+pm_runtime_put)/gm, ''),
      /^(\t+)(pm_runtime_put\(&(\w+)->pdev->dev\);)/gm,
      '$1if (!$3->disable_idle_d3)\n$1\t$2',
    );
  let now = inFunction(text, 'vfio_pci_dev_set_pm_runtime_get', (body) =>
    edited(
      guard(body),
      /^(\t+)(ret = pm_runtime_resume_and_get)/m,
      '$1if (cur->disable_idle_d3)\n$1\tcontinue;\n$1$2',
    ),
  );
  now = inFunction(now, 'vfio_pci_dev_set_hot_reset', guard);
  now = inFunction(now, 'vfio_pci_dev_set_try_reset', (body) =>
    edited(guard(body), /!disable_idle_d3 && /, ''),
  );
  return edited(now, /if \(!disable_idle_d3\)/g, 'if (!vdev->disable_idle_d3)');
}

const latch = '\tvdev->disable_idle_d3 = disable_idle_d3;\n';

const edits: readonly Edit[] = [
  {
    subject: 'vfio/pci: Latch disable_idle_d3 per device',
    files: {
      [header]: (text) => edited(text, /^\tbool\s+pm_runtime_engaged:1;\n/m, '$&\tbool disable_idle_d3:1;\n'),
      [core]: (text) =>
        inFunction(askDevices(text), 'vfio_pci_core_init_dev', (body) =>
          edited(body, /^\tvdev->pdev = .*\n/m, `$&${latch}`),
        ),
    },
  },
  {
    subject: 'vfio/pci: Release the VGA arbiter client on register_device() failure',
    files: {
      [core]: (text) =>
        inFunction(text, 'vfio_pci_core_register_device', (body) =>
          edited(body, /^out_vf:\n/m, '\tvfio_pci_vga_uninit(vdev);\n$&'),
        ),
    },
  },
  {
    subject: 'vfio/pci: Fix racy bitfields and tighten struct layout',
    files: {
      [header]: (text) =>
        apart(
          apart(text, ['virq_disabled', 'bardirty'], /^\tbool\s+bar_mmap_supported.*\n/m, 'bool'),
          ['needs_reset', 'pm_intx_masked', 'pm_runtime_engaged'],
          /^\tbool disable_idle_d3:1;\n/m,
          'bool',
        ),
    },
  },
  {
    subject: 'vfio/mlx5: Fix racy bitfields and tighten struct layout',
    files: {
      [mlx5]: (text) =>
        apart(
          apart(text, ['mdev_detach', 'log_active', 'deferred_reset'], /^\tu8 chunk_mode:1;\n/m, 'u8'),
          ['is_err', 'object_changed'],
          /^struct mlx5_vhca_page_tracker \{\n(?:.*\n){2}/m,
          'u8',
        ),
    },
  },
  {
    subject: 'vfio/pci: Latch all module parameters per device',
    files: {
      [header]: (text) =>
        edited(
          edited(text, /^void vfio_pci_core_set_params\([^;]*;\n/m, ''),
          /^\tbool disable_idle_d3:1;\n/m,
          '$&\tbool nointxmask:1;\n\tbool disable_vga:1;\n',
        ),
      [core]: (text) =>
        [
          [/^static bool (?:nointxmask|disable_vga|disable_idle_d3);\n/gm, ''],
          [/\(!nointxmask\)/g, '(!vdev->nointxmask)'],
          [/(\bvfio_vga_disabled)\(void\)/, '$1(struct vfio_pci_core_device *vdev)'],
          [/return disable_vga;/, 'return vdev->disable_vga;'],
          [/(single_vga \|\| !vfio_vga_disabled)\(\)/, '$1(pci_get_drvdata(pdev))'],
          [/!vfio_vga_disabled\(\)/, '!vfio_vga_disabled(vdev)'],
          [/^void vfio_pci_core_set_params\([\s\S]*?^\}\nEXPORT_SYMBOL_GPL\(\w+\);\n\n/m, ''],
        ].reduce(
          (now, [pattern, by]) => edited(now, pattern as RegExp, by as string),
          text.replace(latch, ''),
        ),
      [module]: (text) =>
        [
          [/(\.init\s*= )vfio_pci_core_init_dev/, '$1vfio_pci_init_dev'],
          [/^\tbool is_disable_vga[\s\S]*?vfio_pci_core_set_params\([^;]*;\n\n/m, '\n'],
          [
            /^static const struct vfio_device_ops/m,
            `${[
              'static int vfio_pci_init_dev(struct vfio_device *device)',
              '{',
              '\tstruct vfio_pci_core_device *own = container_of(device, struct vfio_pci_core_device, vdev);',
              '',
              '\town->nointxmask = nointxmask;',
              '\town->disable_idle_d3 = disable_idle_d3;',
              '#ifdef CONFIG_VFIO_PCI_VGA',
              '\town->disable_vga = disable_vga;',
              '#endif',
              '\treturn vfio_pci_core_init_dev(device);',
              '}',
              '',
            ].join('\n')}\n$&`,
          ],
        ].reduce((now, [pattern, by]) => edited(now, pattern as RegExp, by as string), text),
    },
  },
];

/** What a mail of a series has. */
export interface Ported {
  readonly subject: string;
  readonly diff: string;
}

/**
 * The embedded series' five patches for the sources of Linux 6.12.95, made of these: no line of a kernel's is in this file.
 *
 * @param read the text of a file of them.
 */
export function portedSeries(read: (path: string) => string): Ported[] {
  const texts = new Map<string, string>();
  return edits.map(({ subject, files }) => {
    const diffs = Object.entries(files).map(([path, change]) => {
      const before = texts.get(path) ?? read(path);
      const after = change(before);
      texts.set(path, after);
      return diffOf(path, before, after);
    });
    return { subject, diff: diffs.join('') };
  });
}

/** A diff of one file, as git has it. */
export function diffOf(path: string, before: string, after: string): string {
  const diff = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: 3,
  });
  return `diff --git a/${path} b/${path}\n${diff.replace(/^=+\n/, '').replace(/^(---|\+\+\+) (.*)\t$/gm, '$1 $2')}`;
}

/** Patches as mails of an mbox. */
export const mboxOf = (patches: readonly Ported[]): string =>
  patches
    .map(({ subject, diff }, i) =>
      [
        'From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001',
        'From: A Reviewer <a@example.org>',
        'Date: Mon, 1 Jan 2024 10:00:00 +0100',
        `Subject: [PATCH ${i + 1}/${patches.length}] ${subject}`,
        '',
        'Made of the sources that it is for.',
        '---',
        `${diff}-- `,
        '2.39.5',
        '',
        '',
      ].join('\n'),
    )
    .join('');
