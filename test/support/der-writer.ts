/** The DER writer of `@biopair/testkit/mint`, as tests here have always called it. */
export {
  ascii,
  bitString,
  boolean,
  commonName,
  context,
  implicit,
  integer,
  join,
  nothing,
  octetString,
  oid,
  pem,
  sequence,
  set,
  time,
  tlv,
} from '@biopair/testkit/mint'
