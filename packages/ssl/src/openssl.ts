/** The C names: OpenSSL's calls, which answer 1, 0 and below as its manual pages say, over our own BIOs and connections. */
export type { CipherSuite as SSL_CIPHER } from '@biopair/crypto'
export * from './openssl/alert-strings.ts'
export type { SSL_CTX_alpn_select_cb_func } from './openssl/alpn-select.ts'
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
export {
  type ClientCertificate,
  SSL_CTX_get_client_cert_cb,
  SSL_CTX_set_cert_cb,
  SSL_CTX_set_client_cert_cb,
  type SSL_cert_cb,
  type SSL_client_cert_cb,
  SSL_set_cert_cb,
} from './openssl/certificate-cb.ts'
export * from './openssl/cipher.ts'
export * from './openssl/client-ca.ts'
export {
  SSL_CLIENT_HELLO_ERROR,
  SSL_CLIENT_HELLO_RETRY,
  SSL_CLIENT_HELLO_SUCCESS,
  SSL_CTX_set_client_hello_cb,
  type SSL_client_hello_cb_fn,
  SSL_client_hello_get0_ciphers,
  SSL_client_hello_get0_compression_methods,
  SSL_client_hello_get0_ext,
  SSL_client_hello_get0_legacy_version,
  SSL_client_hello_get0_random,
  SSL_client_hello_get0_session_id,
  SSL_client_hello_get1_extensions_present,
  SSL_client_hello_isv2,
} from './openssl/client-hello.ts'
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
  SSL_CTX_set_keylog_callback,
  SSL_CTX_set_max_send_fragment,
  SSL_CTX_set_mode,
  SSL_CTX_set_num_tickets,
  SSL_CTX_set_options,
  SSL_CTX_set_quiet_shutdown,
  SSL_CTX_set_verify,
  SSL_CTX_set_verify_depth,
  SSL_CTX_set1_curves_list,
  SSL_CTX_set1_groups_list,
  SSL_CTX_set1_sigalgs_list,
  SSL_CTX_up_ref,
  SSL_CTX_use_certificate,
  SSL_CTX_use_certificate_chain,
  SSL_CTX_use_PrivateKey,
  SSL_check_private_key,
  SSL_clear_mode,
  SSL_clear_options,
  SSL_get_mode,
  SSL_get_options,
  type SSL_METHOD,
  SSL_set_alpn_protos,
  SSL_set_mode,
  SSL_set_options,
  SSL_set_verify,
  SSL_set1_curves_list,
  SSL_set1_groups_list,
  SSL_set1_sigalgs_list,
  SSL_use_certificate,
  SSL_use_certificate_chain,
  SSL_use_PrivateKey,
  TLS_client_method,
  TLS_method,
  TLS_server_method,
} from './openssl/ctx.ts'
export {
  type SSL_allow_early_data_cb_fn,
  SSL_CTX_get_max_early_data,
  SSL_CTX_get_recv_max_early_data,
  SSL_CTX_set_allow_early_data_cb,
  SSL_CTX_set_max_early_data,
  SSL_CTX_set_recv_max_early_data,
  SSL_EARLY_DATA_ACCEPTED,
  SSL_EARLY_DATA_NOT_SENT,
  SSL_EARLY_DATA_REJECTED,
  SSL_get_early_data_status,
  SSL_get_max_early_data,
  SSL_get_recv_max_early_data,
  SSL_READ_EARLY_DATA_ERROR,
  SSL_READ_EARLY_DATA_FINISH,
  SSL_READ_EARLY_DATA_SUCCESS,
  SSL_read_early_data,
  SSL_set_allow_early_data_cb,
  SSL_set_max_early_data,
  SSL_set_recv_max_early_data,
  SSL_write_early_data,
} from './openssl/early-data.ts'
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
export type { EX_dup, EX_free, EX_INDEX, EX_new, EX_PLACE } from './openssl/ex-data.ts'
export * from './openssl/exporter.ts'
export * from './openssl/fragment.ts'
export * from './openssl/info.ts'
export * from './openssl/msg.ts'
export {
  X509_V_FLAG_EXPLICIT_POLICY,
  X509_V_FLAG_INHIBIT_ANY,
  X509_V_FLAG_INHIBIT_MAP,
  X509_V_FLAG_POLICY_CHECK,
  X509_V_FLAG_X509_STRICT,
  X509_VERIFY_PARAM_add0_policy,
  X509_VERIFY_PARAM_set1_policies,
} from './openssl/policy-flags.ts'
export {
  SSL_CTX_get0_CA_list,
  SSL_CTX_set_post_handshake_auth,
  SSL_CTX_set0_CA_list,
  SSL_CTX_set1_client_sigalgs_list,
  SSL_get0_CA_list,
  SSL_get0_peer_CA_list,
  SSL_set_post_handshake_auth,
  SSL_set0_CA_list,
  SSL_set1_client_sigalgs_list,
  SSL_verify_client_post_handshake,
} from './openssl/post-handshake.ts'
export { SSL_select_next_proto } from './openssl/protocols.ts'
export {
  PSK_MAX_IDENTITY_LEN,
  PSK_MAX_PSK_LEN,
  type SSL_psk_client_cb_func,
  type SSL_psk_find_session_cb_func,
  type SSL_psk_server_cb_func,
  type SSL_psk_use_session_cb_func,
} from './openssl/psk.ts'
export * from './openssl/psk-hint.ts'
export * from './openssl/psk-set.ts'
export * from './openssl/raw-keys.ts'
export * from './openssl/ready.ts'
export {
  ERR_LIB_BIO,
  ERR_LIB_PEM,
  ERR_LIB_SSL,
  ERR_LIB_SYS,
  ERR_LIB_X509,
} from './openssl/reasons.ts'
export * from './openssl/renegotiate.ts'
export { SSL_get_error, SSL_want } from './openssl/result.ts'
export {
  SSL_CTX_set_tlsext_servername_arg,
  SSL_CTX_set_tlsext_servername_callback,
  SSL_get_SSL_CTX,
  type SSL_servername_cb,
  SSL_set_SSL_CTX,
} from './openssl/servername.ts'
export {
  SSL_get_session,
  SSL_get0_session,
  SSL_get1_session,
  SSL_session_reused,
  SSL_set_session,
} from './openssl/session.ts'
export {
  SSL_CTX_sess_accept,
  SSL_CTX_sess_accept_good,
  SSL_CTX_sess_accept_renegotiate,
  SSL_CTX_sess_connect,
  SSL_CTX_sess_connect_good,
  SSL_CTX_sess_connect_renegotiate,
  SSL_CTX_sess_hits,
} from './openssl/session-counts.ts'
export * from './openssl/session-ctx.ts'
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
export * from './openssl/ssl-clear.ts'
export * from './openssl/ssl-ex-data.ts'
export * from './openssl/ssl-host.ts'
export * from './openssl/ssl-info.ts'
export * from './openssl/ssl-io.ts'
export * from './openssl/ssl-session.ts'
export * from './openssl/ssl-set.ts'
export * from './openssl/ssl-state.ts'
export * from './openssl/stateless.ts'
export * from './openssl/states12.ts'
export {
  SSL_CTX_get_tlsext_status_arg,
  SSL_CTX_get_tlsext_status_cb,
  SSL_CTX_get_tlsext_status_type,
  SSL_CTX_set_tlsext_status_arg,
  SSL_CTX_set_tlsext_status_cb,
  SSL_CTX_set_tlsext_status_type,
  SSL_get_tlsext_status_ocsp_resp,
  SSL_get_tlsext_status_type,
  SSL_set_tlsext_status_ocsp_resp,
  SSL_set_tlsext_status_type,
  type SSL_tlsext_status_cb,
  TLSEXT_STATUSTYPE_nothing,
  TLSEXT_STATUSTYPE_ocsp,
} from './openssl/status.ts'
export type { Surroundings } from './openssl/values.ts'
export {
  SSL_CTX_set_cert_verify_callback,
  type SSL_cert_verify_cb,
  SSL_set_retry_verify,
  type SSL_verify_cb,
} from './openssl/verify.ts'
export {
  X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT,
  X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS,
  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
  X509_CHECK_FLAG_NO_WILDCARDS,
  X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS,
  X509_PURPOSE_SSL_CLIENT,
  X509_PURPOSE_SSL_SERVER,
  X509_V_FLAG_CRL_CHECK,
  X509_V_FLAG_CRL_CHECK_ALL,
  X509_V_FLAG_NO_CHECK_TIME,
  X509_V_FLAG_PARTIAL_CHAIN,
  X509_V_FLAG_TRUSTED_FIRST,
  X509_V_FLAG_USE_CHECK_TIME,
  type X509_VERIFY_PARAM,
  X509_VERIFY_PARAM_add1_host,
  X509_VERIFY_PARAM_clear_flags,
  X509_VERIFY_PARAM_free,
  X509_VERIFY_PARAM_get_depth,
  X509_VERIFY_PARAM_get_flags,
  X509_VERIFY_PARAM_get_hostflags,
  X509_VERIFY_PARAM_get_time,
  X509_VERIFY_PARAM_get0_email,
  X509_VERIFY_PARAM_get0_host,
  X509_VERIFY_PARAM_get0_peername,
  X509_VERIFY_PARAM_get1_ip_asc,
  X509_VERIFY_PARAM_new,
  X509_VERIFY_PARAM_set_depth,
  X509_VERIFY_PARAM_set_flags,
  X509_VERIFY_PARAM_set_hostflags,
  X509_VERIFY_PARAM_set_purpose,
  X509_VERIFY_PARAM_set_time,
  X509_VERIFY_PARAM_set1,
  X509_VERIFY_PARAM_set1_email,
  X509_VERIFY_PARAM_set1_host,
  X509_VERIFY_PARAM_set1_ip,
  X509_VERIFY_PARAM_set1_ip_asc,
} from './openssl/verify-param.ts'
export * from './openssl/versions.ts'
export * from './openssl/x509-store-ctx.ts'
