/** Decisions without I/O: scopes, lock-out, passwords, redirects, rates. */
@NullMarked
package io.nimbus.uaa.policy;

import org.jspecify.annotations.NullMarked;
