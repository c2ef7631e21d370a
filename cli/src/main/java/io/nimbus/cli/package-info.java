/** {@code nimbus}: a client in the manner of cf, on the public API and nothing else. */
@NullMarked
package io.nimbus.cli;

import org.jspecify.annotations.NullMarked;
