/** The HTTP side that all features share: errors as JSON, the caller's address, public URLs. */
@NullMarked
package io.nimbus.uaa.web;

import org.jspecify.annotations.NullMarked;
