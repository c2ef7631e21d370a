@NullMarked
package io.nimbus.tokens;

import org.jspecify.annotations.NullMarked;
