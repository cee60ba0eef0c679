//! Images from files: what is read, and what is refused.

use flate2::{Compression, write::GzEncoder};
use kutta::Error;
use kutta::data::Images;
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// An array of bytes in IDX.
fn idx(magic: u32, shape: &[u32], bytes: &[u8]) -> Vec<u8> {
    let head = std::iter::once(&magic).chain(shape).flat_map(|word| word.to_be_bytes());
    head.chain(bytes.iter().copied()).collect()
}

/// Three images of 2 × 3 pixels.
fn images() -> Vec<u8> {
    idx(0x803, &[3, 2, 3], &(0..18).map(|k| 15 * k).collect::<Vec<u8>>())
}

fn labels() -> Vec<u8> {
    idx(0x801, &[3], &[2, 0, 1])
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Both files in a folder.
fn files(images: &[u8], labels: &[u8]) -> (TempDir, [PathBuf; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["images", "labels"].map(|name| folder.path().join(name));
    [images, labels].iter().zip(&paths).for_each(|(bytes, path)| std::fs::write(path, bytes).unwrap());
    (folder, paths)
}

fn read(images: &[u8], labels: &[u8]) -> Result<Images, Error> {
    let (_folder, [images, labels]) = files(images, labels);
    Images::from_idx(images, labels, 3)
}

/// The reason of a refusal, and the name of the file that it is of.
fn refusal(images: &[u8], labels: &[u8]) -> (String, String) {
    match read(images, labels).unwrap_err() {
        Error::Parse { path, reason, .. } => (path.file_name().unwrap().to_string_lossy().into_owned(), reason),
        other => panic!("{other}"),
    }
}

#[test]
fn files_are_read_compressed_or_not() {
    let plain = read(&images(), &labels()).unwrap();
    assert_eq!((plain.len(), plain.height(), plain.width(), plain.classes()), (3, 2, 3, 3));
    assert_eq!(plain.labels(), [2, 0, 1]);
    assert_eq!(plain.image(1), [6, 7, 8, 9, 10, 11].map(|k| (15 * k) as f32 / 255.0));
    assert_eq!((plain.image(0)[0], plain.image(2)[5]), (0.0, 1.0));
    assert_eq!(read(&gzipped(&images()), &gzipped(&labels())).unwrap(), plain);
    assert_eq!(read(&gzipped(&images()), &labels()).unwrap(), plain);
}

#[test]
fn the_digits_are_a_hundred_of_each() {
    for part in ["train", "test"] {
        let file = |name: &str| format!("examples/data/mnist/{part}-1000-{name}-ubyte.gz");
        let digits = Images::from_idx(file("images-idx3"), file("labels-idx1"), 10).unwrap();
        assert_eq!((digits.len(), digits.height(), digits.width()), (1000, 28, 28));
        for digit in 0..10 {
            assert_eq!(digits.labels().iter().filter(|&&label| label == digit).count(), 100, "{part}, {digit}");
        }
        assert_eq!(digits.pixels().iter().copied().fold(0.0, f32::max), 1.0);
    }
}

#[test]
fn what_is_no_idx_of_images_and_labels_is_refused() {
    let told = |images: &[u8], labels: &[u8]| {
        let (file, reason) = refusal(images, labels);
        format!("{file}: {reason}")
    };
    // The other file.
    let swapped = told(&labels(), &labels());
    assert!(swapped.starts_with("images: the magic number is 0x00000801, expected 0x00000803"), "{swapped}");
    assert!(told(&images(), &images()).contains("labels: the magic number is 0x00000803, expected 0x00000801"));
    // Numbers of another type.
    assert!(told(&idx(0xd03, &[3, 2, 3], &[0; 72]), &labels()).contains("is 0x00000d03, expected 0x00000803"));
    assert!(told(b"no image", &labels()).starts_with("images: the magic number is 0x6e6f2069"));
    assert!(told(b"", &labels()).starts_with("images: the file ends before a magic number"));
    assert!(told(&images()[..10], &labels()).starts_with("images: the file ends before the lengths of its axes"));
    let huge = idx(0x803, &[u32::MAX, u32::MAX, u32::MAX], &[]);
    assert!(told(&huge, &labels()).contains("too large"), "{}", told(&huge, &labels()));
}

#[test]
fn files_that_were_cut_or_go_on_are_refused() {
    let (file, reason) = refusal(&images()[..30], &labels());
    assert_eq!(
        (file.as_str(), reason.as_str()),
        ("images", "the data end after 14 bytes, expected 18, of shape [3, 2, 3]")
    );
    let (file, reason) = refusal(&images(), &[labels(), vec![0]].concat());
    assert_eq!(
        (file.as_str(), reason.as_str()),
        ("labels", "the data go on after 3 bytes, expected no more, of shape [3]")
    );
    // Wherever gzip is cut, down to its checksum.
    let whole = gzipped(&images());
    for end in 2..whole.len() {
        let (file, reason) = refusal(&whole[..end], &labels());
        assert!(file == "images" && reason.contains("ends"), "cut at {end}: {reason}");
    }
    // A byte of the checksum is wrong.
    let mut damaged = whole.clone();
    let place = whole.len() - 8;
    damaged[place] ^= 1;
    let (_, reason) = refusal(&damaged, &labels());
    assert!(reason.starts_with("the gzip file is damaged"), "{reason}");
    // A header that promises more than memory holds is not believed.
    let (_, reason) = refusal(&idx(0x803, &[1 << 20, 1 << 20, 1], &[0; 5]), &labels());
    assert!(reason.starts_with("the data end after 5 bytes, expected 1099511627776"), "{reason}");
}

#[test]
fn labels_that_do_not_fit_are_refused() {
    let (file, reason) = refusal(&images(), &idx(0x801, &[4], &[0, 1, 2, 0]));
    assert!(file == "labels" && reason.starts_with("4 labels, expected 3, one for each image of"), "{reason}");
    let (file, reason) = refusal(&images(), &idx(0x801, &[3], &[0, 3, 2]));
    assert_eq!((file.as_str(), reason.as_str()), ("labels", "label 1 is 3, expected a class from 0 to 2"));
    let (file, reason) = refusal(&idx(0x803, &[0, 2, 3], &[]), &idx(0x801, &[0], &[]));
    assert!(file == "images" && reason.contains("images is 0, expected at least 1"), "{reason}");
    let missing = Images::from_idx("no such file", "no such file", 10);
    assert!(matches!(missing, Err(Error::Io { path, .. }) if path.ends_with("no such file")));
}

#[test]
fn images_of_ones_own_are_checked() {
    let told = |shape, pixels: &[f32], labels: &[usize], classes| {
        Images::new(shape, pixels.to_vec(), labels.to_vec(), classes).unwrap_err().to_string()
    };
    assert_eq!(told([1, 2], &[0.0; 3], &[0, 1], 2), "images has 3 pixels, expected 4");
    assert_eq!(told([1, 2], &[0.0; 4], &[0, 2], 2), "a label is 2, expected a class from 0 to 1");
    assert_eq!(told([1, 0], &[], &[0], 2), "width is 0, expected at least 1");
    assert_eq!(told([1, 1], &[0.0], &[0], 0), "classes is 0, expected at least 1");
    assert!(told([1, 1], &[f32::NAN], &[0], 1).starts_with("a pixel is not finite"));
}

#[test]
fn noise_is_gaussian_and_that_of_its_seed_and_place() {
    let blank = Images::new([20, 20], vec![0.5; 100 * 400], vec![0; 100], 1).unwrap();
    let noisy = blank.with_noise(0.3, 7).unwrap();
    let noise: Vec<f64> = noisy.pixels().iter().map(|&x| f64::from(x) - 0.5).collect();
    // Of 40 000 numbers, the mean is off by 0.0015, the square by 0.7 %, the fourth power by 2.5 %, as a rule; here five times that.
    let moment = |power: i32| noise.iter().map(|x| (x / 0.3).powi(power)).sum::<f64>() / noise.len() as f64;
    assert!(moment(1).abs() < 0.025 && (moment(2) - 1.0).abs() < 0.035 && (moment(4) - 3.0).abs() < 0.4);
    assert!(noise.iter().any(|&x| x < -0.6), "it has no bounds");
    assert_ne!(noisy.image(0), noisy.image(1));
    assert_eq!(noisy, blank.with_noise(0.3, 7).unwrap());
    assert_ne!(noisy, blank.with_noise(0.3, 8).unwrap());
    let alone = Images::new([20, 20], vec![0.5; 400], vec![0], 1).unwrap().with_noise(0.3, 7).unwrap();
    assert_eq!(alone.image(0), noisy.image(0));
    assert_eq!(blank.with_noise(0.0, 7).unwrap(), blank);
    for sigma in [-0.1, f64::NAN] {
        assert!(blank.with_noise(sigma, 0).unwrap_err().to_string().starts_with("the noise is"));
    }
}
