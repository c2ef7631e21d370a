@NullMarked
package io.nimbus.uaa;

import org.jspecify.annotations.NullMarked;
