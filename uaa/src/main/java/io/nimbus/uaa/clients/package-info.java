/** The registry of OAuth clients. */
@NullMarked
package io.nimbus.uaa.clients;

import org.jspecify.annotations.NullMarked;
