/* How long a key's algorithm will do. */
#ifndef TUI_WIZARD_STRENGTH_H
#define TUI_WIZARD_STRENGTH_H

/*
 * NIST SP 800-131A rev. 2, section 3 (signatures): RSA below 2048 bits and curves below 224 are disallowed. NIST SP 800-57 part 1
 * rev. 5, tables 2 and 4: what has 112 bits of strength (RSA below 3072, curves below 256) does until the end of 2030.
 */
enum strength {
	STRENGTH_FINE,      /* also where it is not known */
	STRENGTH_ENDING,    /* until 2030 */
	STRENGTH_WEAK,      /* not any more */
};

/* algorithm as the inventory has it: "rsa", "ec", "aes"; bits of the modulus or field, 0: not known. */
enum strength key_strength(const char *algorithm, unsigned bits);
unsigned key_weak_below(const char *algorithm);   /* bits below which it is STRENGTH_WEAK; 0: never */

/* A certificate whose end is nearer than this ends soon. */
#define CERT_SOON_DAYS 90

#endif
