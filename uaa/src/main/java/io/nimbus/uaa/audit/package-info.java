/** Who did what: one log line each. */
@NullMarked
package io.nimbus.uaa.audit;

import org.jspecify.annotations.NullMarked;
