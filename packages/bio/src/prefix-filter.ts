/** The prefixing filter (BIO_f_prefix): every line that is written gets a prefix and an indent. */
import type { Stopped } from './bio.ts'
import { checkCount } from './check.ts'
import { HoldingFilter } from './holding-filter.ts'
import { utf8 } from './utf8.ts'

const newline = 10
const space = 32
const none = new Uint8Array(0)
/** The most bytes of a line that are copied behind their prefix. */
const chunk = 4096

/**
 * The prefix comes first, then `indent` spaces. A refused write leaves no trace. Where the BIO below stops within a prefix, the first
 * byte of the line is taken with it, and the rest of the prefix goes before anything else: OpenSSL loses its place there.
 */
export class PrefixFilter extends HoldingFilter {
  #prefix: string
  #indent: number
  #lead: Uint8Array
  #atStart = true

  constructor({
    prefix = '',
    indent = 0,
  }: { readonly prefix?: string; readonly indent?: number } = {}) {
    super()
    checkIndent(indent)
    this.#prefix = prefix
    this.#indent = indent
    this.#lead = leadOf(prefix, indent)
  }

  /** What each line begins with, in UTF-8; from the next line on (BIO_set_prefix). */
  get prefix(): string {
    return this.#prefix
  }

  set prefix(prefix: string) {
    this.#lead = leadOf(prefix, this.#indent)
    this.#prefix = prefix
  }

  /** How many spaces stand behind the prefix, up to 65535; from the next line on (BIO_set_indent). */
  get indent(): number {
    return this.#indent
  }

  set indent(indent: number) {
    checkIndent(indent)
    this.#lead = leadOf(this.#prefix, indent)
    this.#indent = indent
  }

  override write(bytes: Uint8Array): number | Stopped {
    const refused = this.refused(bytes)
    if (refused !== undefined) return refused
    let taken = 0
    while (taken < bytes.length) {
      const driven = this.drive()
      if (driven !== 'done') return taken > 0 ? taken : driven
      const count = this.#line(bytes.subarray(taken))
      if (typeof count !== 'number') return taken > 0 ? taken : count
      taken += count
      this.#atStart = bytes[taken - 1] === newline
    }
    return taken
  }

  /** Gives bytes of one line to the BIO below, its prefix before them; without a prefix, of any number of lines. */
  #line(bytes: Uint8Array): number | Stopped {
    if (this.#lead.length === 0) return this.pass(bytes)
    const found = bytes.indexOf(newline)
    const line = found < 0 ? bytes : bytes.subarray(0, found + 1)
    const lead = this.#atStart ? this.#lead : none
    const piece = lead.length === 0 ? line : joined(lead, line.subarray(0, chunk))
    const moved = this.pass(piece)
    if (typeof moved !== 'number') return moved
    if (moved > lead.length) return moved - lead.length
    this.hold(piece.subarray(moved, lead.length + 1))
    return 1
  }
}

function checkIndent(indent: number): void {
  checkCount('indent', indent, 0, 65535)
}

function leadOf(prefix: string, indent: number): Uint8Array {
  return joined(utf8(prefix), new Uint8Array(indent).fill(space))
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
