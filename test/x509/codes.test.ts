/** The codes of verdicts beside OpenSSL's numbers and words, and node:tls's codes. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import {
  nodeCodeOf,
  trustStore,
  type VerifyCode,
  type VerifyErrorName,
  verifyChain,
  verifyCodeOf,
  verifyCodes,
  verifyErrorName,
  verifyErrorOf,
  verifyErrors,
} from '@biopair/x509'
import test from 'ava'
import {
  type Minted,
  type MintOptions,
  mint,
  nameConstraints,
  serverAuth,
} from '../support/mint.ts'
import { nodeVerify } from '../support/node-verify.ts'

const codes = Object.keys(verifyCodes) as VerifyCode[]
const names = Object.keys(verifyErrors) as VerifyErrorName[]

test('every code has a number of OpenSSL, its name and its words', t => {
  for (const code of codes) {
    const { number, name, message, nodeCode } = verifyErrorOf(code)
    const short = name.slice('X509_V_ERR_'.length) as VerifyErrorName
    t.deepEqual([number, message], verifyErrors[short].slice(0, 2))
    t.is(verifyErrorName(number), short)
    // Where OpenSSL has the word, it is ours; where node:tls has it too, so is its code.
    if (code in verifyErrors) t.is<string, string>(short, code)
    t.true([code, 'UNSPECIFIED'].includes(nodeCode), code)
  }
})

test('a number and a name of node:tls lead back to the code', t => {
  for (const code of codes) {
    const { number, name } = verifyErrorOf(code)
    const ours = verifyCodeOf(number)
    // Of codes that OpenSSL has no word for, the number says less.
    if (ours !== undefined) t.is(verifyErrorOf(ours).number, number, code)
    if (name === `X509_V_ERR_${code}`) {
      t.is(ours, code)
      t.is(verifyCodeOf(code), code)
    }
  }
  for (const number of [62, 63, 64]) t.is(verifyCodeOf(number), 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.is(verifyCodeOf('ERR_TLS_CERT_ALTNAME_INVALID'), 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.is(verifyCodeOf(0), undefined)
  t.is(verifyCodeOf('OUT_OF_MEM'), undefined)
  t.is(verifyCodeOf('toString'), undefined)
})

test('numbers are told apart, none left out', t => {
  t.deepEqual(
    names.map(name => verifyErrors[name][0]).sort((a, b) => a - b),
    Array.from({ length: 95 }, (_, i) => i + 1),
  )
  t.is(verifyErrorName(0), undefined)
  t.is(verifyErrorName(96), undefined)
  t.is(nodeCodeOf(10), 'CERT_HAS_EXPIRED')
  t.is(nodeCodeOf(47), 'UNSPECIFIED')
})

/** What the installed libcrypto says of each number. Undefined where there is no C compiler or no OpenSSL to compile with. */
function libcrypto():
  | readonly (readonly [name: string, number: number, message: string])[]
  | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'biopair-'))
  try {
    const rows = names.map(
      name => `#ifdef X509_V_ERR_${name}
  printf("${name}\\t%d\\t%s\\n", X509_V_ERR_${name}, X509_verify_cert_error_string(X509_V_ERR_${name}));
#endif`,
    )
    writeFileSync(
      join(folder, 'words.c'),
      `#include <stdio.h>\n#include <openssl/x509_vfy.h>\n#include <openssl/x509.h>\nint main(void) {\n${rows.join('\n')}\n  return 0;\n}\n`,
    )
    const made = spawnSync('cc', ['words.c', '-o', 'words', '-lcrypto'], {
      cwd: folder,
      timeout: 60_000,
    })
    if (made.status !== 0) return undefined
    const { stdout } = spawnSync(join(folder, 'words'), { encoding: 'utf8', timeout: 20_000 })
    return stdout
      .trim()
      .split('\n')
      .map(line => line.split('\t'))
      .map(([name = '', number, message = '']) => [name, Number(number), message])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const told = libcrypto()
if (told)
  test('names, numbers and words are those of the installed libcrypto', t => {
    t.true(told.length > 90)
    for (const [name, number, message] of told)
      t.deepEqual(verifyErrors[name as VerifyErrorName].slice(0, 2), [number, message])
  })
else
  test('names, numbers and words are those of libcrypto (skipped: no C compiler with OpenSSL)', t => {
    t.log('skipped: cc -lcrypto does not compile here')
    t.is(told, undefined)
  })

interface Case {
  readonly leaf?: MintOptions
  readonly intermediate?: MintOptions
  readonly root?: MintOptions
  /** What is sent and what is believed: 0 the leaf, 1 the intermediate, 2 the root. */
  readonly sent?: readonly number[]
  readonly believed?: readonly number[]
}

const past = Date.UTC(2021, 0)
// Node's code is that of the last thing that is wrong, ours of the first: each has one fault that is none of another kind.
const cases: Readonly<Record<string, Case>> = {
  CERT_HAS_EXPIRED: { leaf: { notAfter: past } },
  CERT_NOT_YET_VALID: { leaf: { notBefore: Date.UTC(2045, 0) } },
  CERT_SIGNATURE_FAILURE: {
    leaf: { spoilSignature: bytes => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) },
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    root: { ca: false, extKeyUsage: [serverAuth] },
    sent: [2],
    believed: [],
  },
  EE_KEY_TOO_SMALL: { leaf: { key: 'rsa-1024' } },
  INVALID_PURPOSE: { leaf: { extKeyUsage: ['1.3.6.1.5.5.7.3.4'] } },
  PATH_LENGTH_EXCEEDED: { root: { ca: 0 } },
  PERMITTED_VIOLATION: { intermediate: { extensions: [nameConstraints(['other.example'])] } },
  SELF_SIGNED_CERT_IN_CHAIN: { sent: [0, 1, 2], believed: [] },
  UNABLE_TO_GET_ISSUER_CERT: { believed: [1] },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { believed: [] },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { sent: [0], believed: [] },
}

function made({ leaf, intermediate, root }: Case): readonly Minted[] {
  const top = mint({ subject: 'root', ca: true, ...root })
  const middle = mint({ subject: 'middle', ca: true, ...intermediate, issuer: top })
  return [mint({ extKeyUsage: [serverAuth], ...leaf, issuer: middle }), middle, top]
}

/** The error that node:tls has of a chain, asked for over a loopback connection. */
async function nodes(chain: readonly Minted[], believed: readonly Minted[]): Promise<unknown[]> {
  const [leaf] = chain as [Minted]
  const cert = chain.map(({ pem }) => pem).join('')
  // A certificate of ours with a weak key is to be refused by who sees it, not by who shows it.
  const lax = { ciphers: 'DEFAULT@SECLEVEL=0' }
  const server = createServer({ ...lax, cert, key: leaf.keyPem }, socket =>
    socket.on('error', () => {}),
  )
  server.on('tlsClientError', () => {})
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  try {
    return await new Promise(done => {
      const ca =
        believed.length > 0
          ? believed.map(({ pem }) => pem)
          : [mint({ subject: 'other', ca: true }).pem]
      const socket = connect({
        ...{ port, ca, host: '127.0.0.1', servername: 'server.example' },
        ciphers: 'DEFAULT@SECLEVEL=2',
      })
      socket.on('error', ({ message, code }: Error & { code?: string }) => done([code, message]))
      socket.on('secureConnect', () => {
        done(['ok'])
        socket.destroy()
      })
    })
  } finally {
    server.close()
  }
}

for (const [expected, one] of Object.entries(cases))
  test(`node:tls and our verdict have the same code and words: ${expected}`, async t => {
    const chain = made(one)
    const { sent = [0, 1], believed = [2] } = one
    const pick = (places: readonly number[]) => places.map(place => chain[place] as Minted)
    const verdict = verifyChain({
      chain: pick(sent).map(({ der }) => der),
      anchors: trustStore(pick(believed).map(({ der }) => der)),
      time: Date.now(),
      purpose: 'serverAuth',
      crypto: nodeVerify,
    })
    if (verdict.ok) {
      t.fail('expected a refusal')
      return
    }
    t.is(verdict.code, expected as VerifyCode)
    const { number, nodeCode, message } = verifyErrorOf(verdict.code)
    t.is(verdict.number, number)
    const [code, words] = await nodes(pick(sent), pick(believed))
    t.is(code, nodeCode)
    t.is(words, message)
  })
