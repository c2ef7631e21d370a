/** Other identity providers, by OpenID Connect discovery. */
@NullMarked
package io.nimbus.uaa.external;

import org.jspecify.annotations.NullMarked;
