@NullMarked
package io.nimbus.cloudcontroller.blobstore;

import org.jspecify.annotations.NullMarked;
