/** The C names: OpenSSL's calls, which answer 1, 0 and below as its manual pages say, over our own BIOs and connections. */
export type { CipherSuite as SSL_CIPHER } from '@biopair/crypto'
export {
  type BIO,
  BIO_free,
  BIO_free_all,
  BIO_method_name,
  BIO_method_type,
  BIO_new,
  BIO_up_ref,
  BIO_vfree,
} from './openssl/bio.ts'
export * from './openssl/bio-buffer.ts'
export * from './openssl/bio-callback.ts'
export { BIO_from, BIO_s_carrier } from './openssl/bio-carrier.ts'
export * from './openssl/bio-chain.ts'
export * from './openssl/bio-code.ts'
export * from './openssl/bio-constants.ts'
export * from './openssl/bio-ctrl.ts'
export * from './openssl/bio-dgram.ts'
export {
  type BIO_EX_dup,
  type BIO_EX_free,
  type BIO_EX_INDEX,
  type BIO_EX_new,
  BIO_get_app_data,
  BIO_get_ex_data,
  BIO_get_ex_new_index,
  BIO_set_app_data,
  BIO_set_ex_data,
} from './openssl/bio-ex-data.ts'
export { BIO_f_nbio_test, BIO_f_null } from './openssl/bio-filter.ts'
export * from './openssl/bio-info.ts'
export * from './openssl/bio-io.ts'
export * from './openssl/bio-mem.ts'
export {
  type BIO_CUSTOM_METHOD,
  type BIO_callback_ctrl_func,
  type BIO_create_func,
  type BIO_ctrl_func,
  BIO_get_new_index,
  type BIO_gets_func,
  type BIO_info_cb,
  type BIO_METHOD,
  BIO_meth_free,
  BIO_meth_new,
  BIO_meth_set_callback_ctrl,
  BIO_meth_set_create,
  BIO_meth_set_ctrl,
  BIO_meth_set_destroy,
  BIO_meth_set_gets,
  BIO_meth_set_puts,
  BIO_meth_set_read,
  BIO_meth_set_read_ex,
  BIO_meth_set_ready,
  BIO_meth_set_write,
  BIO_meth_set_write_ex,
  type BIO_puts_func,
  type BIO_read_ex_func,
  type BIO_read_func,
  type BIO_ready_func,
  type BIO_write_ex_func,
  type BIO_write_func,
} from './openssl/bio-method.ts'
export { BIO_s_null } from './openssl/bio-null.ts'
export * from './openssl/bio-pair.ts'
export * from './openssl/bio-prefix.ts'
export {
  BIO_clear_flags,
  BIO_clear_retry_flags,
  BIO_copy_next_retry,
  BIO_get_flags,
  BIO_get_retry_BIO,
  BIO_get_retry_flags,
  BIO_get_retry_reason,
  BIO_retry_type,
  BIO_set_flags,
  BIO_set_retry_read,
  BIO_set_retry_reason,
  BIO_set_retry_special,
  BIO_set_retry_write,
  BIO_should_io_special,
  BIO_should_read,
  BIO_should_retry,
  BIO_should_write,
  BIO_test_flags,
} from './openssl/bio-retry.ts'
export * from './openssl/bio-ssl.ts'
export { SSL_load_client_CA } from './openssl/client-ca.ts'
export * from './openssl/constants.ts'
export {
  type SSL_CTX,
  SSL_CTX_check_private_key,
  SSL_CTX_clear_mode,
  SSL_CTX_clear_options,
  SSL_CTX_free,
  SSL_CTX_get_mode,
  SSL_CTX_get_num_tickets,
  SSL_CTX_get_options,
  SSL_CTX_get_verify_mode,
  SSL_CTX_load_verify,
  SSL_CTX_new,
  SSL_CTX_sess_set_new_cb,
  SSL_CTX_set_alpn_protos,
  SSL_CTX_set_alpn_select_cb,
  SSL_CTX_set_ciphersuites,
  SSL_CTX_set_keylog_callback,
  SSL_CTX_set_max_proto_version,
  SSL_CTX_set_max_send_fragment,
  SSL_CTX_set_min_proto_version,
  SSL_CTX_set_mode,
  SSL_CTX_set_num_tickets,
  SSL_CTX_set_options,
  SSL_CTX_set_quiet_shutdown,
  SSL_CTX_set_verify,
  SSL_CTX_set_verify_depth,
  SSL_CTX_set1_groups_list,
  SSL_CTX_set1_sigalgs_list,
  SSL_CTX_up_ref,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_get_mode,
  type SSL_METHOD,
  SSL_set_alpn_protos,
  SSL_set_ciphersuites,
  SSL_set_mode,
  SSL_set_verify,
  SSL_set1_groups_list,
  SSL_set1_sigalgs_list,
  TLS_client_method,
  TLS_method,
  TLS_server_method,
} from './openssl/ctx.ts'
export {
  ERR_clear_error,
  type ERR_ENTRY,
  ERR_error_string,
  ERR_GET_LIB,
  ERR_GET_REASON,
  ERR_get_error,
  ERR_get_error_all,
  ERR_lib_error_string,
  ERR_peek_error,
  ERR_reason_error_string,
} from './openssl/errors.ts'
export { SSL_select_next_proto } from './openssl/protocols.ts'
export * from './openssl/ready.ts'
export {
  ERR_LIB_BIO,
  ERR_LIB_PEM,
  ERR_LIB_SSL,
  ERR_LIB_SYS,
  ERR_LIB_X509,
} from './openssl/reasons.ts'
export { SSL_get_error, SSL_want } from './openssl/result.ts'
export type {
  SSL_CTX_alpn_select_cb_func,
  SSL_verify_cb,
  Surroundings,
  X509_STORE_CTX,
} from './openssl/settings.ts'
export {
  type SSL,
  SSL_free,
  SSL_get_rbio,
  SSL_get_wbio,
  SSL_new,
  SSL_set_accept_state,
  SSL_set_bio,
  SSL_set_connect_state,
  SSL_set0_rbio,
  SSL_set0_wbio,
  SSL_up_ref,
} from './openssl/ssl.ts'
export * from './openssl/ssl-info.ts'
export * from './openssl/ssl-io.ts'
export type { Session as SSL_SESSION } from './tickets.ts'
