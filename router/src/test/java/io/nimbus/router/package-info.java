@NullMarked
package io.nimbus.router;

import org.jspecify.annotations.NullMarked;
