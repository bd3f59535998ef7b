import * as bio from '@biopair/bio'
import * as crypto from '@biopair/crypto'
import * as noble from '@biopair/crypto/noble'
import * as cryptoNode from '@biopair/crypto-node'
import * as node from '@biopair/node'
import * as nodeOpenssl from '@biopair/node/openssl'
import * as nodeTls from '@biopair/node/tls'
import * as ssl from '@biopair/ssl'
import * as openssl from '@biopair/ssl/openssl'
import * as quic from '@biopair/ssl/quic'
import * as web from '@biopair/web'
import * as x509 from '@biopair/x509'
import * as pki from '@biopair/x509/pki'
import test from 'ava'
import * as main from 'biopair'
import * as itsBio from 'biopair/bio'
import * as itsCrypto from 'biopair/crypto'
import * as itsNoble from 'biopair/noble'
import * as itsNode from 'biopair/node'
import * as itsNodeOpenssl from 'biopair/node/openssl'
import * as itsNodeTls from 'biopair/node/tls'
import * as itsOpenssl from 'biopair/openssl'
import * as itsPki from 'biopair/pki'
import * as itsQuic from 'biopair/quic'
import * as itsSsl from 'biopair/ssl'
import * as itsWeb from 'biopair/web'
import * as itsX509 from 'biopair/x509'

test('the main entry hands on all of ssl and bio and the portable provider', t => {
  t.deepEqual({ ...main }, { ...bio, ...ssl, noble: noble.noble })
  for (const name of ['Ssl', 'SslContext', 'TlsAlert', 'bioPair', 'MemoryBio', 'SocketBio', 'Pump'])
    t.true(name in main, name)
})

test('every subpath hands on the part of its name, the same objects', t => {
  const same = (face: object, part: object) => {
    t.deepEqual(Object.keys(face).sort(), Object.keys(part).sort())
    for (const [name, value] of Object.entries(part))
      t.is((face as Record<string, unknown>)[name], value, name)
  }
  same(itsBio, bio)
  same(itsCrypto, crypto)
  same(itsNoble, { noble: noble.noble })
  same(itsNode, { ...cryptoNode, ...node })
  same(itsNodeOpenssl, nodeOpenssl)
  same(itsNodeTls, nodeTls)
  same(itsOpenssl, openssl)
  same(itsPki, pki)
  same(itsQuic, quic)
  same(itsSsl, ssl)
  same(itsWeb, web)
  same(itsX509, x509)
})
