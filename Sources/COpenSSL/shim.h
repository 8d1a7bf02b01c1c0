// Functions in place of libcrypto's macros, which Swift cannot call. Nothing else lives here.
#pragma once
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

static inline unsigned char *wp_copy(const unsigned char *bytes, size_t count) {
  return (unsigned char *)OPENSSL_memdup(bytes, count);
}
static inline void wp_free(void *memory) { OPENSSL_free(memory); }
static inline long wp_bio_bytes(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

// RFC 2253 order and escapes, but UTF-8 as it is.
static inline unsigned long wp_name_flags(void) { return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB; }

static inline STACK_OF(X509) *wp_certificates_new(void) { return sk_X509_new_null(); }
static inline int wp_certificates_push(STACK_OF(X509) *stack, X509 *certificate) {
  return sk_X509_push(stack, certificate);
}
static inline int wp_certificates_count(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }
static inline X509 *wp_certificates_get(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
// The stack alone; its certificates stay with their owners.
static inline void wp_certificates_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }
static inline void wp_certificates_free_all(STACK_OF(X509) *stack) { sk_X509_pop_free(stack, X509_free); }

static inline int wp_lists_count(const STACK_OF(X509_CRL) *stack) { return sk_X509_CRL_num(stack); }
static inline void wp_lists_free_all(STACK_OF(X509_CRL) *stack) { sk_X509_CRL_pop_free(stack, X509_CRL_free); }

static inline int wp_names_push(GENERAL_NAMES *names, GENERAL_NAME *name) { return sk_GENERAL_NAME_push(names, name); }
static inline int wp_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline GENERAL_NAME *wp_names_get(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}
static inline STACK_OF(GENERAL_NAMES) *wp_name_lists_new(void) { return sk_GENERAL_NAMES_new_null(); }
static inline int wp_name_lists_push(STACK_OF(GENERAL_NAMES) *lists, GENERAL_NAMES *names) {
  return sk_GENERAL_NAMES_push(lists, names);
}
static inline void wp_name_lists_free_all(STACK_OF(GENERAL_NAMES) *lists) {
  sk_GENERAL_NAMES_pop_free(lists, GENERAL_NAMES_free);
}

static inline int wp_signers_count(const STACK_OF(CMS_SignerInfo) *stack) { return sk_CMS_SignerInfo_num(stack); }
static inline CMS_SignerInfo *wp_signers_get(const STACK_OF(CMS_SignerInfo) *stack, int index) {
  return sk_CMS_SignerInfo_value(stack, index);
}
static inline void wp_algorithms_free_all(STACK_OF(X509_ALGOR) *stack) {
  sk_X509_ALGOR_pop_free(stack, X509_ALGOR_free);
}
