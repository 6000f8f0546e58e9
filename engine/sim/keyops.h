/* What a key can compute, by OpenSSL. Internal to engine/sim. */
#ifndef ENGINE_SIM_KEYOPS_H
#define ENGINE_SIM_KEYOPS_H

#include <openssl/evp.h>

#include "engine/sim/state.h"

/* The private key; NULL where its numbers make none. EVP_PKEY_free(). */
EVP_PKEY *sim_pkey(const struct sim_key *k);

/* A new RSA key with this exponent; parts are filled. */
bool sim_rsa_generate(struct sim_key *k, unsigned bits, struct cur exponent);

/* SHA-256 signature as in CVC: RSA PKCS#1 v1.5, or ECDSA as r || s, each at order width. */
bool sim_sign_plain(const struct sim_key *k, struct cur message, struct buf *ret);
/* ECDSA of a hash, DER. */
bool sim_sign_ecdsa(const struct sim_key *k, struct cur hash, struct buf *ret);
/* r || s over SHA-256 of message, with a public point. */
bool sim_verify_plain(uint8_t curve, struct cur point, struct cur message, struct cur sig);

bool sim_hash(const EVP_MD *md, struct cur message, struct buf *ret);
/* AES in CBC mode without padding; iv may be NULL for zeros. */
bool sim_cbc(struct cur key, bool encrypt, struct cur in, struct buf *ret);
bool sim_cmac(struct cur key, struct cur in, uint8_t ret[static 16]);

#endif
