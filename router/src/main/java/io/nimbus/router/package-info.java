/** The router process: an HTTP and WebSocket reverse proxy fed by {@code router.register}. */
@NullMarked
package io.nimbus.router;

import org.jspecify.annotations.NullMarked;
