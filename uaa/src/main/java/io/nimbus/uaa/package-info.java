/** Identity: OAuth2 tokens, users, clients and groups, compatible with UAA; see docs/uaa.md. */
@NullMarked
package io.nimbus.uaa;

import org.jspecify.annotations.NullMarked;
