/** The platform as a black box: its real processes, driven by real clients. */
@NullMarked
package io.nimbus.system;

import org.jspecify.annotations.NullMarked;
