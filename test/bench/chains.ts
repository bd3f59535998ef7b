/** A chain of three, parsed and verified: ours with both providers, beside Node's `X509Certificate` and pkijs's engine. */
import { X509Certificate } from 'node:crypto'
import type { CryptoProvider } from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { trustStore, verifyChain } from '@biopair/x509'
import { type Chain, chainFor } from '../support/mint.ts'
import { type Pkijs, pkijs } from '../support/pkijs.ts'
import { type Case, type Effort, measure } from './measure.ts'

const time = Date.UTC(2026, 5, 1)
const name = 'server.example'

/** Prints how long a chain takes each of them, and how many times as fast ours are. */
export async function chains(id: string, kind: 'p256' | 'rsa', effort: Effort): Promise<void> {
  const chain = chainFor(kind)
  const theirs = await pkijs()
  const cases: Case[] = [
    { name: 'X509Certificate', run: nodeChain(chain) },
    ...(typeof theirs === 'string' ? [] : [{ name: 'pkijs', run: pkijsChain(theirs, chain) }]),
    { name: 'node', run: ourChain(nodeCrypto, chain) },
    { name: 'noble', run: ourChain(noble, chain) },
  ]
  const micros = await measure(cases, effort)
  const keys = kind === 'p256' ? 'P-256' : 'RSA-2048'
  console.log(`\n${id}  chain of 3 certificates, ${keys}: two parsed, all verified for a name`)
  console.log(
    `  ${[...micros].map(([who, us]) => `${who} ${(us / 1000).toFixed(2)} ms`).join(' · ')}`,
  )
  for (const of of ['node', 'noble'])
    for (const beside of ['X509Certificate', 'pkijs']) {
      const ratio = (micros.get(beside) ?? Number.NaN) / (micros.get(of) ?? Number.NaN)
      if (!Number.isNaN(ratio))
        console.log(`  ${of.padEnd(6)} ${ratio.toFixed(2).padStart(6)} x ${beside}`)
    }
  if (typeof theirs === 'string') console.log(`  pkijs is not measured: ${theirs}`)
}

/** All the rules; the anchors are read once, as a context does. */
function ourChain(crypto: CryptoProvider, { der, root }: Chain): () => void {
  const anchors = trustStore([root.der])
  return () => {
    const verdict = verifyChain({ chain: der, anchors, time, purpose: 'serverAuth', name, crypto })
    if (!verdict.ok) throw new Error(verdict.why)
  }
}

/** As near as Node comes to it: names of issuers, signatures and the host name. The root is read once. */
function nodeChain({ der, root }: Chain): () => void {
  const anchor = new X509Certificate(root.der)
  return () => {
    const [leaf, intermediate] = der.map(one => new X509Certificate(one)) as [
      X509Certificate,
      X509Certificate,
    ]
    const issued = leaf.checkIssued(intermediate) && intermediate.checkIssued(anchor)
    const signed = leaf.verify(intermediate.publicKey) && intermediate.verify(anchor.publicKey)
    if (!issued || !signed || leaf.checkHost(name) === undefined) throw new Error('not believed')
  }
}

/** Its engine has no name to ask for. The root is read once. */
function pkijsChain(theirs: Pkijs, { der, root }: Chain): () => Promise<void> {
  const anchor = theirs.Certificate.fromBER(root.der)
  return async () => {
    const [leaf, intermediate] = der.map(one => theirs.Certificate.fromBER(one))
    if (!leaf || !intermediate) throw new Error('no chain')
    const engine = new theirs.CertificateChainValidationEngine({
      trustedCerts: [anchor],
      certs: [anchor, intermediate, leaf],
      checkDate: new Date(time),
    })
    const { result, resultMessage } = await engine.verify()
    if (!result) throw new Error(resultMessage)
  }
}
