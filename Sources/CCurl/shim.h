// Typed doors into libcurl's variadic functions, which Swift cannot call. Nothing else lives here.
#pragma once
#include <curl/curl.h>
#include <netinet/in.h>

static inline CURLcode wp_easy_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode wp_easy_off(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode wp_easy_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode wp_easy_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode wp_easy_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}
typedef size_t (*wp_data_callback)(char *data, size_t size, size_t count, void *context);
static inline CURLcode wp_easy_callback(CURL *easy, CURLoption option, wp_data_callback callback) {
  return curl_easy_setopt(easy, option, callback);
}
typedef int (*wp_debug_callback)(CURL *easy, curl_infotype type, char *data, size_t size, void *context);
static inline CURLcode wp_easy_debug(CURL *easy, wp_debug_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, callback);
}
static inline CURLcode wp_info_certificates(CURL *easy, struct curl_certinfo **value) {
  return curl_easy_getinfo(easy, CURLINFO_CERTINFO, value);
}
static inline CURLcode wp_easy_open_socket(CURL *easy, curl_opensocket_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}
static inline CURLcode wp_easy_before_request(CURL *easy, curl_prereq_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}
// The 4 or 16 bytes of an internet address behind `addr`, whose declared type is too short for them; NULL for others.
static inline const unsigned char *wp_address_bytes(const struct curl_sockaddr *address, size_t *count) {
  const void *place = &address->addr;
  switch (address->family) {
    case AF_INET:
      *count = 4;
      return (const unsigned char *)&((const struct sockaddr_in *)place)->sin_addr;
    case AF_INET6:
      *count = 16;
      return (const unsigned char *)&((const struct sockaddr_in6 *)place)->sin6_addr;
    default:
      return NULL;
  }
}
static inline CURLcode wp_info_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}
static inline const char *wp_info_text(CURL *easy, CURLINFO info) {
  char *value = NULL;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : NULL;
}
static inline CURLcode wp_info_socket(CURL *easy, curl_socket_t *value) {
  return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, value);
}
static inline CURLcode wp_info_pointer(CURL *easy, void **value) {
  return curl_easy_getinfo(easy, CURLINFO_PRIVATE, value);
}
static inline CURLMcode wp_multi_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
static inline CURLcode wp_message_result(const CURLMsg *message) { return message->data.result; }
