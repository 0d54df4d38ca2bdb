// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import type { BtfBlob, Head, Triple } from './blob.js';
import { type BaseExtent, fitsStrings, isWhole, solveBase } from './solve-base.js';

/** A type in the blob that holds it. */
export interface Entry extends Head {
  readonly id: number;
  readonly blob: BtfBlob;
  /** Its number in that blob. */
  readonly index: number;
}

/**
 * Ids and names of a blob of BTF and of the base it builds upon, if any: as a module's BTF refers to them.
 * Methods throw `E_BAD_BTF`.
 */
export class BtfSpace {
  readonly own: BtfBlob;
  /** The base, where it is there. */
  readonly base: BtfSpace | null;
  /** Ids up to this one are the base's. */
  readonly baseTypes: number;
  /** Offsets of names below this one are the base's. */
  readonly baseStrings: number;

  /**
   * `base` is used where `own` does not stand by itself; where it is null then, its extent is solved for.
   * Throws `E_BTF_BASE` where that leaves a choice, and where `base` is not the one that `own` builds upon.
   */
  constructor(own: BtfBlob, base: BtfSpace | null) {
    this.own = own;
    const whole = isWhole(own);
    this.base = whole ? null : base;
    const extent: BaseExtent = whole ? { strings: 0, types: 0 } : (this.base?.extent ?? solveBase(own));
    this.baseTypes = extent.types;
    this.baseStrings = extent.strings;
    if (this.base !== null && !fitsStrings(own, extent.strings)) {
      throw new LostbitError('E_BTF_BASE', 'the base given is not the one that the BTF was made against', {
        hint: 'take both from the same build of the kernel',
      });
    }
  }

  get extent(): BaseExtent {
    return {
      strings: this.baseStrings + this.own.stringBytes,
      types: this.baseTypes + this.own.types.length,
    };
  }

  /** Whether it builds upon a base that is not there. */
  get lacksBase(): boolean {
    return this.base === null && this.baseTypes + this.baseStrings > 0;
  }

  /** A type by its id, which is not void's; null where it lies in a base that is not there. */
  entry(id: number): Entry | null {
    if (id <= this.baseTypes) return this.base?.entry(id) ?? null;
    const index = id - this.baseTypes - 1;
    if (index >= this.own.types.length)
      throw new LostbitError('E_BAD_BTF', `the BTF refers to type ${id} of ${this.extent.types}`);
    return { ...this.own.head(index), id, blob: this.own, index };
  }

  /** A name by its offset; null for none. One in a base that is not there is the offset, `?1a2b`. */
  name(offset: number): string | null {
    if (offset >= this.baseStrings) return this.own.text(offset - this.baseStrings) || null;
    if (offset === 0) return null;
    return this.base === null ? `?${offset.toString(16)}` : this.base.name(offset);
  }

  /** The ids of its own types, without the base's. */
  ownIds(): number[] {
    return Array.from(this.own.types, (_, index) => this.baseTypes + 1 + index);
  }

  elements(entry: Entry, each: 2 | 3 = 3): Triple[] {
    return entry.blob.elements(entry.index, entry, each);
  }
}
