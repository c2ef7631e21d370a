/** Tokens: made, checked, refreshed, revoked. */
@NullMarked
package io.nimbus.uaa.tokens;

import org.jspecify.annotations.NullMarked;
