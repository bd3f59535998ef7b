/** What the oracle says where a peer is not installed. */
import { Minter } from '@biopair/testkit/mint'
import { goServer, opensslServer } from '@biopair/testkit/oracle'
import test from 'ava'

test('a peer that cannot be started is named, with what was tried', async t => {
  const { pem: cert, key } = new Minter({ time: Date.now() }).certificate({ names: ['a.example'] })
  const { PATH } = process.env
  process.env.PATH = '/nowhere'
  try {
    const options = { cert, key: key.pem() }
    await t.throwsAsync(opensslServer(options), {
      message: 'openssl: openssl: there is no such program',
    })
    await t.throwsAsync(async () => goServer(options), { message: 'go build: spawnSync go ENOENT' })
  } finally {
    process.env.PATH = PATH
  }
})
