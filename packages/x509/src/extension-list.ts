/** Extensions of a CRL and of its entries, one after the other, each once (RFC 5280 §5.2, §5.3). */
import { DerError, DerReader, tags } from './der.ts'

/** An extension, and a reader of what is in it. */
export interface ReadExtension {
  readonly oid: string
  readonly critical: boolean
  readonly value: DerReader
  readonly at: number
}

/** Reads what is inside `Extensions`; at least one, and none twice. `section` is where that is said. */
export function extensionList(sequence: DerReader, section: string): readonly ReadExtension[] {
  const list: ReadExtension[] = []
  if (sequence.done) throw new DerError('an extension', 'an empty sequence', sequence.at, section)
  while (!sequence.done) {
    const at = sequence.at
    const extension = sequence.inside(tags.SEQUENCE, 'Extension')
    const oid = extension.oid('extnID')
    const critical = extension.peek() === tags.BOOLEAN && extension.boolean('critical')
    const { content, end } = extension.take(tags.OCTET_STRING, 'extnValue')
    extension.finish('Extension')
    if (list.some(other => other.oid === oid))
      throw new DerError(`one ${oid} extension`, 'two', at, section)
    list.push({ oid, critical, value: new DerReader(sequence.bytes, content, end), at })
  }
  return list
}
