/** Randomness, digests, hashes of passwords and of clients' secrets. */
@NullMarked
package io.nimbus.uaa.secrets;

import org.jspecify.annotations.NullMarked;
