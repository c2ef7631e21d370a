@NullMarked
package io.nimbus.cloudcontroller.errors;

import org.jspecify.annotations.NullMarked;
