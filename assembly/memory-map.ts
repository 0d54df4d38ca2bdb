// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { FREE, PROGRAM } from './map';

/** Where the tables of memory's state lie (shadow.ts, faults.ts): behind what the other side puts at FREE. */
const TABLES: u32 = FREE + 0x100_0000;

export const SHADOW: u32 = TABLES;
export const SHADOW_LOG: u32 = SHADOW + PROGRAM / 4;
export const SHADOW_LOG_END: u32 = SHADOW_LOG + 0x80_0000;
/** By site: the bytes that it makes something of, and whether it is the allocator's own. Written by the other side. */
export const SITES: u32 = SHADOW_LOG_END;
export const SITES_MAX: u32 = 0x8_0000;
export const FAULTS: u32 = SITES + SITES_MAX * 2;
export const FAULTS_MAX: u32 = 64;
/** A fault, or a free. */
export const FAULT_BYTES: u32 = 192;
export const FREES: u32 = FAULTS + FAULTS_MAX * FAULT_BYTES;
export const FREES_MAX: u32 = 4096;
