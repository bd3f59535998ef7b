/** The calls of SSL_CTX_use_certificate(3) and SSL_CTX_load_verify_locations(3) that take files; bytes are for the calls of biopair/openssl. */
import { readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { rootCertificates } from 'node:tls'
import {
  ERR_LIB_SSL,
  type SSL_CTX,
  SSL_CTX_load_verify,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_load_client_CA,
} from '@biopair/ssl/openssl'
import { attempt, fail } from './fail.ts'

export const SSL_FILETYPE_PEM = 1
export const SSL_FILETYPE_ASN1 = 2

/** The first certificate of a file, to be shown. 1, or 0 with the error in `ctx`. */
export function SSL_CTX_use_certificate_file(ctx: SSL_CTX, file: string, type: number): 0 | 1 {
  return given(ctx, file, type, (material, text) =>
    SSL_CTX_use_certificate_chain(ctx, text === undefined ? material : firstCertificate(text)),
  )
}

/** The chain to be shown, leaf first, in PEM. 1, or 0 with the error in `ctx`. */
export function SSL_CTX_use_certificate_chain_file(ctx: SSL_CTX, file: string): 0 | 1 {
  return given(ctx, file, SSL_FILETYPE_PEM, (_, text = '') =>
    SSL_CTX_use_certificate_chain(ctx, text),
  )
}

/** The chain's private key. 1, or 0 with the error in `ctx` (KEY_VALUES_MISMATCH if it is another's). */
export function SSL_CTX_use_PrivateKey_file(ctx: SSL_CTX, file: string, type: number): 0 | 1 {
  return given(ctx, file, type, (material, text) => SSL_CTX_use_PrivateKey(ctx, text ?? material))
}

/** Whom to believe, besides whoever was given before: a file and a folder, one of them may be null. 1, or 0 with the error in `ctx`. */
export function SSL_CTX_load_verify_locations(
  ctx: SSL_CTX,
  CAfile: string | null,
  CApath: string | null,
): 0 | 1 {
  ctx.errors.clear()
  if (CAfile === null && CApath === null)
    return fail(ctx, 'PASSED_NULL_PARAMETER', 'expected a file or a folder', 0, ERR_LIB_SSL)
  if (CAfile !== null && SSL_CTX_load_verify_file(ctx, CAfile) === 0) return 0
  return CApath === null ? 1 : SSL_CTX_load_verify_dir(ctx, CApath)
}

/** Whom to believe: every certificate of a PEM file. 1, or 0 with the error in `ctx`. */
export function SSL_CTX_load_verify_file(ctx: SSL_CTX, CAfile: string): 0 | 1 {
  return given(ctx, CAfile, SSL_FILETYPE_PEM, (_, text = '') => SSL_CTX_load_verify(ctx, text))
}

/**
 * Whom to believe: the files of a folder (or several, as in PATH) that have names as `openssl rehash` makes them (`5f2a1c04.0`). They are read
 * now; OpenSSL reads one when it is asked for. 1; 0 with the error in `ctx` for a folder that cannot be read, or a file that is no certificate.
 */
export function SSL_CTX_load_verify_dir(ctx: SSL_CTX, CApath: string): 0 | 1 {
  return attempt<0 | 1>(ctx, 0, () => {
    const files = CApath.split(delimiter).flatMap(folder =>
      readdirSync(folder)
        .filter(name => hashed.test(name))
        .map(name => join(folder, name)),
    )
    const texts = files.map(file => readFileSync(file, 'latin1'))
    return texts.length === 0 ? 1 : SSL_CTX_load_verify(ctx, texts.join('\n'))
  })
}

/**
 * Whom this installation of Node believes: the list that came with it (Mozilla's). As for OpenSSL, SSL_CERT_FILE names a file that takes its
 * place, SSL_CERT_DIR a folder besides. 1, or 0 with the error in `ctx`.
 */
export function SSL_CTX_set_default_verify_paths(ctx: SSL_CTX): 0 | 1 {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folder } = process.env
  const believed =
    file === undefined
      ? SSL_CTX_load_verify(ctx, rootCertificates.join('\n'))
      : SSL_CTX_load_verify_file(ctx, file)
  return believed === 0 || folder === undefined ? believed : SSL_CTX_load_verify_dir(ctx, folder)
}

/** The names of a file's certificates, each once, as DER; null where it cannot be read or has none. There is nobody to keep the reason. */
export function SSL_load_client_CA_file(file: string): readonly Uint8Array<ArrayBuffer>[] | null {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch {
    return null
  }
  return SSL_load_client_CA(bytes)
}

const hashed = /^[0-9a-f]{8}\.\d+$/

/** Reads a file; as text where it is said to be PEM. */
function given(
  ctx: SSL_CTX,
  file: string,
  type: number,
  take: (material: Uint8Array, text?: string) => 0 | 1,
): 0 | 1 {
  return attempt<0 | 1>(ctx, 0, () => {
    if (type !== SSL_FILETYPE_PEM && type !== SSL_FILETYPE_ASN1)
      return fail(ctx, 'BAD_SSL_FILETYPE', `expected 1 or 2, got ${type}`, 0, ERR_LIB_SSL)
    const material = readFileSync(file)
    if (type === SSL_FILETYPE_PEM) return take(material, material.toString('latin1'))
    // A DER structure begins with SEQUENCE.
    if (material[0] !== 0x30)
      return fail(ctx, 'PASSED_INVALID_ARGUMENT', `expected DER in ${file}`, 0, ERR_LIB_SSL)
    return take(material)
  })
}

/** A file may hold a whole chain: then its first is meant. */
function firstCertificate(text: string): string {
  const found = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[\s\S]*?-----END \1-----/.exec(
    text,
  )
  return found?.[0] ?? text
}
