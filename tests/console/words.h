/*
 * The made-up language of tests/words/pseudo.py, in which the console's tests run once more where KEYROOM_WORDS names the
 * folder of its catalogue: there every letter has an accent, and every text its brackets.
 */
#ifndef TESTS_CONSOLE_WORDS_H
#define TESTS_CONSOLE_WORDS_H

#include <stdbool.h>

/* From the environment, before anything is said. True where the tests run in that language. */
bool words_begin(void);
bool words_are_pseudo(void);

/*
 * Fails the test where the picture (rows, each with its newline) holds a word without accents that is not in outside.txt,
 * the words that tests put in from outside: it is not marked for translation. Or where a bracket lacks its other half, on
 * a picture that is not one part of something longer: something was cut.
 */
void words_check(const char *name, const char *picture);

/* Does it stand there, in that language or as it is? Where it is wrapped does not matter. */
bool words_has(const char *picture, const char *text);

#endif
