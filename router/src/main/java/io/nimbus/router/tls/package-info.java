/** Certificates: ours towards clients, others' as we judge them. */
@NullMarked
package io.nimbus.router.tls;

import org.jspecify.annotations.NullMarked;
