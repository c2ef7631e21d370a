/** UAA tokens for processes that are not the UAA: verify a caller's, get one's own. */
@NullMarked
package io.nimbus.tokens;

import org.jspecify.annotations.NullMarked;
