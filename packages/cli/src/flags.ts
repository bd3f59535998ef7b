/** The flags of each program, one row each: OpenSSL's names, and what we add. */

export interface Flag {
  /** What the value is, for a flag that takes one. */
  readonly takes?: string
  readonly help: string
}

export type Flags = Readonly<Record<string, Flag>>

const common = {
  help: { help: 'prints this and ends' },
  CAfile: { takes: 'file', help: 'PEM of the certificates to believe' },
  CRL: { takes: 'file', help: 'PEM or DER of the CRLs that -crl_check goes by' },
  crl_check: { help: "the peer's certificate has to be shown good by a CRL" },
  crl_check_all: { help: 'so does every certificate below the root' },
  CApath: { takes: 'directory', help: 'PEM files of certificates to believe' },
  cert: { takes: 'file', help: 'PEM of our certificate and those above it' },
  key: { takes: 'file', help: 'PEM of its private key; where absent, -cert has it' },
  pass: { takes: 'source', help: 'passphrase of private keys: pass:..., env:name or file:path' },
  cert_chain: { takes: 'file', help: 'PEM of certificates to show above that of -cert' },
  client_sigalgs: { takes: 'list', help: 'schemes that client certificates may sign with' },
  requestCAfile: {
    takes: 'file',
    help: 'PEM of the authorities that the peer is told to have its certificate from',
  },
  enable_server_rpk: { help: 'the key of a server goes without its certificate (RFC 7250)' },
  enable_client_rpk: { help: 'the key of a client does' },
  expected_rpk: { takes: 'file', help: 'PEM of the keys that are believed without certificates' },
  cert_comp: { help: 'certificates are compressed, and taken so (RFC 8879): brotli, zlib' },
  psk: { takes: 'hex', help: 'a key that both ends have; no certificates then' },
  psk_identity: { takes: 'name', help: 'its name: Client_identity' },
  allow_no_dhe_kex: { help: 'keys may be used without (EC)DHE: no forward secrecy' },
  no_ticket: { help: 'no sessions are kept or resumed' },
  no_middlebox: { help: 'no middlebox compatibility mode' },
  record_padding: { takes: 'bytes', help: 'records are padded to multiples of so many' },
  max_send_frag: { takes: 'bytes', help: 'content of a record of ours: 512 to 16384' },
  alpn: { takes: 'list', help: 'protocols, comma-separated, most preferred first' },
  groups: { takes: 'list', help: 'groups for key exchange, colon-separated' },
  ciphersuites: { takes: 'list', help: 'cipher suites of TLS 1.3, colon-separated' },
  cipher: { takes: 'list', help: 'cipher suites of TLS 1.2, colon-separated' },
  tls1_2: { help: 'speaks TLS 1.2 alone' },
  tls1_3: { help: 'speaks TLS 1.3 alone: this is the default' },
  min_protocol: { takes: 'version', help: 'the oldest version: TLSv1.2, or the newest one' },
  max_protocol: { takes: 'version', help: 'the newest version: TLSv1.3' },
  sigalgs: { takes: 'list', help: 'signature schemes that we verify, colon-separated' },
  verify_return_error: { help: 'a chain that is not believed is refused: this is the default' },
  verify_quiet: { help: 'no lines about a chain that is believed' },
  noverify: { help: 'goes on with a chain that is not believed, and says so' },
  keylogfile: { takes: 'file', help: 'appends secrets to a file (RFC 9850)' },
  pcapng: {
    takes: 'file',
    help: 'writes a capture that decrypts itself, for Wireshark; it holds secrets',
  },
  keymatexport: {
    takes: 'label',
    help: 'prints keying material of this label (RFC 9846 section 7.5)',
  },
  keymatexportlen: { takes: 'bytes', help: 'how much of it: 20' },
  msg: { help: 'prints every handshake message and alert' },
  trace: { help: 'as -msg, with records, states, secrets by name and key changes' },
  quiet: { help: 'prints nothing but data; the keys that command are data too' },
  brief: { help: 'prints the short form, on stderr' },
  nocommands: { help: 'the keys that command are data' },
  timeout: { takes: 'seconds', help: 'how long a handshake or a goodbye may take: 10' },
  provider: { takes: 'noble|node', help: 'whose primitives: node' },
} as const satisfies Flags

export const clientFlags = {
  'no-CAfile': { help: 'without -CAfile and -CApath nobody is believed, not even by the system' },
  connect: { takes: 'host:port', help: 'whom to connect to: localhost:4433' },
  servername: { takes: 'name', help: 'the name that is asked for and verified: the host' },
  verify: { takes: 'depth', help: 'the most certificates between the peer and an anchor' },
  sess_in: { takes: 'file', help: 'resumes the session that -sess_out has written' },
  sess_out: { takes: 'file', help: 'writes the last session; it holds secrets' },
  early_data: {
    takes: 'file',
    help: 'sends a file with the first flight, with -sess_in or -reconnect; it may be replayed',
  },
  reconnect: { help: 'drops the connection and makes it anew, 5 times, with the session it gave' },
  enable_pha: { help: 'the server may ask for our certificate after the handshake' },
  status: { help: 'asks for an OCSP response, prints and checks it; -noverify only prints' },
  ct: { help: 'asks for signed certificate timestamps, and prints them; none is validated' },
  noct: { help: 'does not: this is the default' },
  ign_eof: { help: 'the end of stdin does not end the connection; -quiet implies it' },
  no_ign_eof: { help: 'it does, even with -quiet' },
  ...common,
} as const satisfies Flags

export const serverFlags = {
  accept: { takes: '[host:]port', help: 'where to listen: 4433; port 0 takes a free one' },
  naccept: { takes: 'number', help: 'ends after so many connections' },
  verify: { takes: 'depth', help: 'asks for a certificate, and verifies one that is shown' },
  Verify: { takes: 'depth', help: 'asks for a certificate, and insists on it' },
  no_ca_names: { help: 'does not say whose certificates would do' },
  dcert: {
    takes: 'file',
    help: 'PEM of a second certificate, for clients that cannot verify the first',
  },
  dkey: { takes: 'file', help: 'PEM of its private key; where absent, -dcert has it' },
  dcert_chain: { takes: 'file', help: 'PEM of certificates to show above that of -dcert' },
  servername: { takes: 'name', help: 'clients that ask for this name are shown -cert2' },
  servername_fatal: { help: 'clients that ask for another name are refused' },
  cert2: { takes: 'file', help: 'PEM of the certificate for -servername' },
  key2: { takes: 'file', help: 'PEM of its private key; where absent, -cert2 has it' },
  status: { help: 'shows the OCSP response of -status_file; no responder is asked' },
  status_file: { takes: 'file', help: 'DER of the OCSP response that is shown with -cert' },
  status_verbose: { help: 'says when it is shown, and prints it' },
  early_data: { help: 'takes early data, and prints it' },
  max_early_data: { takes: 'bytes', help: 'how much of it tickets permit: 16384 with -early_data' },
  recv_max_early_data: {
    takes: 'bytes',
    help: 'early data is refused where its ticket permits more than this',
  },
  anti_replay: { help: 'takes early data once: this is the default' },
  no_anti_replay: { help: 'takes it as often as it comes' },
  no_cache: { help: 'keeps no sessions: this is the default, tickets hold them' },
  stateless: { help: 'asks every client for a cookie, and goes on from it alone' },
  num_tickets: { takes: 'number', help: 'tickets after a full handshake: 2' },
  nocert: { help: 'goes without a certificate, with -psk' },
  www: { help: 'answers HTTP with a page about the connection' },
  rev: { help: 'answers each line reversed' },
  ...common,
} as const satisfies Flags

/** What was given: text for flags that take a value, true for the others. */
export type Given<F extends Flags> = {
  readonly [K in keyof F]?: F[K] extends { readonly takes: string } ? string : true
}
