/** Files by their names as C has them (BIO_s_file(3)); there is no FILE in JavaScript. */
import type { Stopped } from '@biopair/bio'
import {
  type BIO,
  BIO_C_FILE_SEEK,
  BIO_C_FILE_TELL,
  BIO_C_SET_FILENAME,
  BIO_CLOSE,
  BIO_CTRL_EOF,
  BIO_CTRL_RESET,
  BIO_ctrl,
  BIO_free,
  type BIO_METHOD,
  BIO_new,
  BIO_s_carrier,
  BIO_TYPE_FILE,
} from '@biopair/ssl/openssl'
import { FileBio, type FileMode } from '../file.ts'
import { attempt, fail } from './fail.ts'

/** How BIO_C_SET_FILENAME opens, beside BIO_CLOSE. */
export const BIO_FP_READ = 2
export const BIO_FP_WRITE = 4
export const BIO_FP_APPEND = 8

/** Reads and writes a file as stdio does: it waits, and goes on until all is read or written. It needs a name. */
export function BIO_s_file(): BIO_METHOD {
  return {
    ...BIO_s_carrier(),
    type: BIO_TYPE_FILE,
    name: 'FILE pointer',
    read: (bio, buf) => whole(bio, buf, part => fileBio(bio).read(part)),
    write,
    puts: (bio, text) => (text === '' ? 0 : write(bio, Buffer.from(text))),
    gets,
    ctrl: fileCtrl,
  }
}

/** Opens a file with fopen's modes; `b` changes nothing. null where that fails: BIO_read_filename and its like keep the reason. */
export function BIO_new_file(filename: string, mode: string): BIO | null {
  const bio = BIO_new(BIO_s_file())
  if (attempt(bio, 0, () => open(bio, filename, mode.replace('b', '') as FileMode, BIO_CLOSE)) > 0)
    return bio
  BIO_free(bio)
  return null
}

/** Opens a file to read it, in the place of the one before. 1, or 0 with the reason. */
export function BIO_read_filename(bio: BIO | null, name: string): number {
  return BIO_ctrl(bio, BIO_C_SET_FILENAME, BIO_CLOSE | BIO_FP_READ, name)
}

/** Opens a file to write it: made if it is not there, emptied if it is. 1, or 0 with the reason. */
export function BIO_write_filename(bio: BIO | null, name: string): number {
  return BIO_ctrl(bio, BIO_C_SET_FILENAME, BIO_CLOSE | BIO_FP_WRITE, name)
}

/** Opens a file to write at its end. 1, or 0 with the reason. */
export function BIO_append_filename(bio: BIO | null, name: string): number {
  return BIO_ctrl(bio, BIO_C_SET_FILENAME, BIO_CLOSE | BIO_FP_APPEND, name)
}

/** Opens a file that is there to read and to write it. 1, or 0 with the reason. */
export function BIO_rw_filename(bio: BIO | null, name: string): number {
  return BIO_ctrl(bio, BIO_C_SET_FILENAME, BIO_CLOSE | BIO_FP_READ | BIO_FP_WRITE, name)
}

function fileCtrl(bio: BIO, cmd: number, larg: number, parg: unknown): number {
  if (cmd === BIO_C_SET_FILENAME) return setFilename(bio, larg, parg)
  const { ctrl } = BIO_s_carrier()
  if (!bio.init) return ctrl?.(bio, cmd, larg, parg) ?? 0
  const native = fileBio(bio)
  switch (cmd) {
    case BIO_CTRL_RESET:
      return seek(bio, native, 0)
    case BIO_C_FILE_SEEK:
      return seek(bio, native, larg)
    case BIO_C_FILE_TELL:
      return attempt(bio, -1, () => native.tell())
    case BIO_CTRL_EOF:
      return native.eof ? 1 : 0
    default:
      return ctrl?.(bio, cmd, larg, parg) ?? 0
  }
}

function setFilename(bio: BIO, larg: number, name: unknown): number {
  const mode = modes.get(larg & (BIO_FP_READ | BIO_FP_WRITE | BIO_FP_APPEND))
  return attempt(bio, 0, () =>
    mode === undefined
      ? fail(bio, 'BAD_FOPEN_MODE', 'expected to read, to write or to append', 0)
      : open(bio, name as string, mode, larg & BIO_CLOSE),
  )
}

const modes: ReadonlyMap<number, FileMode> = new Map([
  [BIO_FP_READ, 'r'],
  [BIO_FP_WRITE, 'w'],
  [BIO_FP_READ | BIO_FP_WRITE, 'r+'],
  [BIO_FP_APPEND, 'a'],
  [BIO_FP_READ | BIO_FP_APPEND, 'a+'],
])

function open(bio: BIO, name: string, mode: FileMode, close: number): 1 {
  const native = FileBio.open(name, mode)
  if (bio.init && bio.shutdown) fileBio(bio).close()
  bio.native = native
  bio.shutdown = close
  bio.init = 1
  return 1
}

/** 0 where it went well, as fseek. */
function seek(bio: BIO, native: FileBio, place: number): 0 | -1 {
  return attempt<0 | -1>(bio, -1, () => {
    native.seek(place)
    return 0
  })
}

function write(bio: BIO, buf: Uint8Array): number {
  return whole(bio, buf, part => fileBio(bio).write(part))
}

/** As fread and fwrite: all of it, unless the file ends or fails before. The next call tells why. */
function whole(bio: BIO, buf: Uint8Array, move: (part: Uint8Array) => number | Stopped): number {
  bio.begin()
  let count = 0
  while (count < buf.length) {
    const moved = move(buf.subarray(count))
    if (typeof moved !== 'number') return count > 0 ? count : bio.came(moved)
    count += moved
  }
  return count
}

function gets(bio: BIO, buf: Uint8Array, size: number): number {
  bio.begin()
  if (size > 0) buf[0] = 0
  if (size < 2) return 0
  const line = fileBio(bio).line(size - 1)
  if ('stop' in line) return bio.came(line)
  buf.set(line)
  buf[line.length] = 0
  return line.length
}

function fileBio(bio: BIO): FileBio {
  return bio.native as FileBio
}
